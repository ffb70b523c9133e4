"""What the inside of a run told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from ungil.launch.result import GilChange, Named, Substituted

Record = TypeVar("Record", GilChange, Named, Substituted)


@dataclass(frozen=True)
class Told:
    """The events of one run, put together."""

    began_s: float | None
    """``time.monotonic()`` just before the program itself; None: the inside never reported."""
    setup_wall_s: float
    """What our own set-up took in the main process ..."""
    setup_cpu_s: float
    """... and in all that reported."""
    gil_enabled_at_start: bool | None
    gil_enabled_at_exit: bool | None
    gil_enabled_by: tuple[GilChange, ...]
    pools: tuple[Substituted, ...]
    substituted: tuple[Substituted, ...]
    named: tuple[Named, ...]


def read_events(path: Path) -> Told:
    """The events a run left. A line that was cut short (a full disk) is left out."""
    events = [event for line in path.read_bytes().splitlines() if (event := _event(line)) is not None]
    starts = _of_kind(events, "start")
    changes = _of_kind(events, "gil")
    main = next((event for event in starts if event["main"]), None)
    on_at_exit = any(event["gil_enabled"] for event in starts) or any(event["enabled"] for event in changes)
    return Told(
        began_s=main["monotonic_s"] if main else None,
        setup_wall_s=main["setup_wall_s"] if main else 0.0,
        setup_cpu_s=sum(event["setup_cpu_s"] for event in starts),
        gil_enabled_at_start=main["gil_enabled"] if main else None,
        gil_enabled_at_exit=on_at_exit if main else None,
        gil_enabled_by=_records(changes, GilChange),
        pools=_records(_of_kind(events, "pool"), lambda **pool: Substituted(**pool, model="as-is")),
        substituted=_records(_of_kind(events, "substituted"), Substituted),
        named=_records(_of_kind(events, "named"), Named),
    )


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _of_kind(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event.get("event") == kind]


def _records(events: list[dict[str, Any]], make: Callable[..., Record]) -> tuple[Record, ...]:
    """Each once, however many processes told it, in the order told."""
    return tuple(dict.fromkeys(_record(event, make) for event in events))


def _record(event: dict[str, Any], make: Callable[..., Record]) -> Record:
    kind = make if isinstance(make, type) else Substituted
    names = {field.name for field in fields(kind)}
    return make(**{name: value for name, value in event.items() if name in names})

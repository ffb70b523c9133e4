"""What was substituted, what was named and what turned the GIL on, each once with the rows it concerns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ungil.launch.result import Substituted
from ungil.report.table import gil_came_back, label_of
from ungil.trial.result import Row, Trial

Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True)
class Remark:
    """One line of such a list."""

    text: str
    place: str | None
    """``file:line`` in the user's code."""
    rows: str | None
    """Which rows it concerns; None for all that could be concerned."""
    code: str | None = None


def substitutions(trial: Trial) -> list[Remark]:
    """Each pool the program makes, and how wide it asked for it against how wide it became."""
    pools: dict[Substituted, dict[str, None]] = {}
    for row in trial.rows:
        for pool in row.substituted:
            made = replace(pool, workers=0, model="")
            widths = pools.setdefault(made, {})
            if pool.model != "as-is":
                widths[_width(pool)] = None
    return [
        Remark(_asked(pool) + (f" → {', '.join(widths)}" if widths else ", not replaced"), place, None)
        for pool, widths in pools.items()
        for place in [place_of(pool.path, pool.line)]
    ]


def named(trial: Trial) -> list[Remark]:
    """What could not be carried over; what concerns rows that went wrong first, as it may be the reason."""
    found = _by_item(trial.rows, lambda row: row.named)
    order = sorted(found.items(), key=lambda item: all(row.status == "ok" for row in item[1]))
    ran = [row for row in trial.rows if row.status != "unavailable"]
    return [
        Remark(item.what, place_of(item.path, item.line), _concerning(rows, ran), item.code) for item, rows in order
    ]


def gil_modules(trial: Trial) -> list[Remark]:
    """Each import that turned the GIL of a free-threaded build back on."""
    found = _by_item(trial.rows, lambda row: row.gil_enabled_by)
    free = [row for row in trial.rows if gil_came_back(row)]
    return [
        Remark(
            change.module + (f" ({change.file})" if change.file else ""),
            place_of(change.path, change.line),
            _concerning(rows, free),
        )
        for change, rows in found.items()
    ]


def place_of(path: str | None, line: int | None) -> str | None:
    return path if path is None or line is None else f"{path}:{line}"


def _by_item(rows: Iterable[Row], items: Callable[[Row], Iterable[Item]]) -> dict[Item, list[Row]]:
    found: dict[Item, list[Row]] = {}
    for row in rows:
        for item in dict.fromkeys(items(row)):
            found.setdefault(item, []).append(row)
    return found


def _concerning(rows: Sequence[Row], of: Sequence[Row]) -> str | None:
    """``rows`` in as few words as say it: a model stands for all its rows, None for every row there is."""
    if len(rows) == len(of):
        return None
    words: dict[str, None] = {}
    for row in rows:
        alike = [other for other in of if other.model == row.model]
        whole = sum(other.model == row.model for other in rows) == len(alike) and len(alike) > 1
        words[row.model if whole else label_of(row)] = None
    return ", ".join(words)


def _asked(pool: Substituted) -> str:
    width = "width left open" if pool.asked is None else f"asked for {_count(pool.asked, 'workers')}"
    return f"{pool.pool}{' with an initializer' if pool.initializer else ''}, {width}"


def _width(pool: Substituted) -> str:
    return "serial" if pool.model == "serial" else _count(pool.workers, pool.model)


def _count(number: int, things: str) -> str:
    one = things[:-2] if things.endswith("sses") else things[:-1]
    return f"{number} {one if number == 1 else things}"

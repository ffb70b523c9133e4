"""A case in the measured interpreter: every entry made ready, then all of them in turn, round after round."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import Any

from entry import Entry, Turn
from pools import UnavailableError

Tell = Callable[[dict[str, Any]], None]


def play(entries: list[Entry], rounds: int, skip: Collection[str], tell: Tell) -> None:
    """Measure, and tell of each thing as it happens: what is begun with, what cannot take part, each sample.

    Pools stay open to the end, but for restless ones. The order changes from round to round, so that no entry always
    follows the same. Garbage is collected before each turn, and results are dropped after it: neither is part of a
    sample.
    """
    turns: dict[str, Turn] = {}
    restless = 0.0
    for entry in entries:
        if entry.name not in skip:
            tell({"begin": entry.name})
            ready = _attempt(entry.name, entry.prepare, tell)
            if ready is not None:
                turns[entry.name] = ready.turn
                rest = ready.turn.rest(restless)
                restless += rest.share if rest.lasts else 0
                notes = [ready.note] if ready.note else []
                if rest.share:
                    notes.append(f"idle {rest.share:.1%} of a core" + (", on all rows" if rest.lasts else ""))
                tell({"ready": entry.name, "items": ready.items, "note": ", ".join(notes), "against": entry.against})
    for number in range(rounds):
        names = list(turns)
        first = number % len(names) if names else 0
        for name in names[first:] + names[:first]:
            tell({"begin": name})
            sample = _attempt(name, turns[name].take, tell)
            if sample is None:
                del turns[name]
            else:
                tell({"sample": name, "wall_s": sample.wall_s, "cpu_s": sample.cpu_s})
    tell({"done": True, "gil_enabled": getattr(sys, "_is_gil_enabled", lambda: True)()})
    for turn in turns.values():
        turn.close()


def _attempt(name: str, action: Callable[[], Any], tell: Tell) -> Any:
    try:
        return action()
    except UnavailableError as error:
        reason = str(error)
    except Exception as error:  # a peer's own failure is a row that says so
        reason = f"{type(error).__name__}: {error}"
    tell({"out": name, "reason": reason})
    return None

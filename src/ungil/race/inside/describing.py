"""Threads, locks and places in words that a report can use."""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ungil.race.inside.waiting import Hold, Record, State

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_DEEPEST = 50
_monotonic = time.monotonic


def threads(
    states: list[State], owners: dict[int, Hold], shown: Callable[[list[Record]], Record | None]
) -> list[dict[str, Any]]:
    """See ``Waits.describe``."""
    frames = sys._current_frames()
    stacks = {state.ident: _frames(frames.get(state.ident)) for state in states}
    waiting = {state.ident: shown(list(state.waits)) for state in states}
    still = [frame for ident, stack in stacks.items() if waiting[ident] is not None for frame in stack]
    names = _Names(still)
    return [
        {
            "name": state.name,
            "ident": state.ident,
            "daemon": state.daemon,
            "waits": _waits(waiting[state.ident], owners, names),
            "holds": [
                {"lock": names.of(hold.lock), **_place(hold.code, hold.lasti)} for hold in list(state.holds.values())
            ],
            "stack": [
                [frame.f_code.co_filename, frame.f_lineno, _qualname(frame.f_code)] for frame in stacks[state.ident]
            ],
        }
        for state in states
    ]


def _waits(record: Record | None, owners: dict[int, Hold], names: _Names) -> dict[str, Any] | None:
    if record is None:
        return None
    hold = owners.get(id(record.thing)) if record.kind == "lock" else None
    thing = None if record.kind in ("sleep", "shutdown") else names.of(record.thing)
    return {
        "kind": record.kind,
        "thing": thing,
        "timeout_s": record.timeout,
        "since_s": _monotonic() - record.since_s,
        "held_by": None
        if hold is None
        else {"thread": hold.state.name, "ended": hold.state.ended, **_place(hold.code, hold.lasti)},
    }


def _place(code: CodeType | None, lasti: int) -> dict[str, Any]:
    if code is None:
        return {"path": None, "line": None, "function": None}
    return {"path": code.co_filename, "line": line_of(code, lasti), "function": _qualname(code)}


def _qualname(code: CodeType) -> str:
    name: str = getattr(code, "co_qualname", code.co_name)
    return name


def line_of(code: CodeType, lasti: int) -> int:
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            return line
    return code.co_firstlineno


def _frames(frame: FrameType | None) -> list[FrameType]:
    """Innermost first, without those that are ours."""
    found: list[FrameType] = []
    while frame is not None and len(found) < _DEEPEST:
        if not frame.f_code.co_filename.startswith(_HERE):
            found.append(frame)
        frame = frame.f_back
    return found


class _Names:
    """What the program calls things, as far as the frames show it."""

    def __init__(self, frames: list[FrameType]) -> None:
        self._frames = frames
        self._found: dict[int, str] = {}

    def of(self, thing: Any) -> str:
        if isinstance(thing, tuple):
            return f"{len(thing)} futures"
        known = self._found.get(id(thing))
        if known is None:
            known = self._found[id(thing)] = self._search(thing)
        return known

    def _search(self, thing: Any) -> str:
        kind = type(thing).__name__
        name = getattr(thing, "__dict__", {}).get("_name")
        if isinstance(name, str):
            return name  # a thread
        for frame in self._frames:
            code = frame.f_code
            if "/threading.py" in code.co_filename or "/queue.py" in code.co_filename:
                continue
            try:
                local = dict(frame.f_locals)
            except RuntimeError:
                continue
            for name, value in local.items():
                if value is thing:
                    return f"{kind} {name}"
            for name, value in local.items():
                for attribute, inner in _attributes(value):
                    if inner is thing:
                        owner = type(value).__name__ if name == "self" else name
                        return f"{kind} {owner}.{attribute}"
            for name, value in list(frame.f_globals.items()):
                if value is thing:
                    return f"{kind} {name}"
        return f"{kind} at {id(thing):#x}"


def _attributes(value: Any) -> list[tuple[str, Any]]:
    try:
        own = object.__getattribute__(value, "__dict__")
    except (AttributeError, TypeError):
        return []
    return list(own.items()) if type(own) is dict and not isinstance(value, type(os)) else []


_with: dict[tuple[int, int], bool] = {}


def is_with(code: CodeType | None, lasti: int) -> bool:
    """Whether that instruction is a ``with``'s call of ``__enter__``: what it takes, its block gives back."""
    if code is None:
        return False
    key = (id(code), lasti)
    known = _with.get(key)
    if known is None:
        import dis

        before = ""
        known = False
        for instruction in dis.get_instructions(code):
            if instruction.offset == lasti:
                known = instruction.opname == "BEFORE_WITH" or before == "LOAD_SPECIAL"
                break
            if instruction.opname not in ("CACHE", "PUSH_NULL"):
                before = instruction.opname
        _with[key] = known
    return known

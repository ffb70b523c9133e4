"""Threads, locks and places in words that a report can use."""

from __future__ import annotations

import os
import sys
import time

from ungil.race.inside.primitives import owners

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from ungil.race.inside.primitives import Owner
    from ungil.race.inside.waiting import Record, State

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_DEEPEST = 50
_monotonic = time.monotonic


def threads(states: list[State], waits: dict[int, Record | None], frames: dict[int, FrameType]) -> list[dict[str, Any]]:
    """See ``Waits.describe``; ``frames`` of threads that surely stay where they are."""
    stacks = {ident: _stack(frame) for ident, frame in frames.items()}
    if _sees_all():
        for ident, frame in sys._current_frames().items():
            stacks.setdefault(ident, _stack(frame))
    names = _Names([frame for stack in stacks.values() for frame in stack])
    described: list[dict[str, Any]] = [
        {
            "name": state.name,
            "ident": state.ident,
            "daemon": state.daemon,
            "waits": _waits(waits[state.ident], states, names),
            "holds": [
                {"lock": names.of(lock), **_place(code, lasti)}
                for lock, ident, code, lasti in list(owners.values())
                if ident == state.ident
            ],
            "stack": [
                [frame.f_code.co_filename, frame.f_lineno, _qualname(frame.f_code)]
                for frame in stacks.get(state.ident, ())
            ],
        }
        for state in states
    ]
    # Frames are not to hold on to each other, and to all that is in them.
    stacks.clear()
    names.frames.clear()
    return described


def _sees_all() -> bool:
    """Whether the frames of other threads, and those around them, can be looked at: not while they are changed, as
    without the GIL, nor where ``sys._current_frames`` makes objects of other interpreters' frames in this one.
    """
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    interpreters = sys.modules.get("_interpreters") or sys.modules.get("_xxsubinterpreters")
    return interpreters is None or len(interpreters.list_all()) == 1


def _stack(frame: FrameType) -> list[FrameType]:
    """Innermost first, without frames that are ours."""
    stack: list[FrameType] = []
    inner: FrameType | None = frame
    while inner is not None and len(stack) < _DEEPEST:
        if not inner.f_code.co_filename.startswith(_HERE):
            stack.append(inner)
        inner = inner.f_back
    return stack


def _waits(record: Record | None, states: list[State], names: _Names) -> dict[str, Any] | None:
    if record is None:
        return None
    owner = owners.get(id(record.thing)) if record.kind == "lock" else None
    thing = None if record.kind in ("sleep", "shutdown") else names.of(record.thing)
    return {
        "kind": record.kind,
        "thing": thing,
        "timeout_s": record.timeout,
        "since_s": _monotonic() - record.since_s,
        "held_by": None if owner is None else _held_by(owner, states),
    }


def _held_by(owner: Owner, states: list[State]) -> dict[str, Any]:
    _, holder, code, lasti = owner
    if not isinstance(holder, int):
        return {"thread": holder.name, "ended": True, **_place(code, lasti)}
    names = [state.name for state in states if state.ident == holder]
    return {"thread": names[0] if names else f"thread {holder}", "ended": False, **_place(code, lasti)}


def _place(code: CodeType, lasti: int) -> dict[str, Any]:
    return {"path": code.co_filename, "line": line_of(code, lasti), "function": _qualname(code)}


def _qualname(code: CodeType) -> str:
    name: str = getattr(code, "co_qualname", code.co_name)
    return name


def line_of(code: CodeType, lasti: int) -> int:
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            return line
    return code.co_firstlineno


class _Names:
    """What the program calls things, as far as the frames show it."""

    def __init__(self, frames: list[FrameType]) -> None:
        self.frames = frames
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
        for frame in self.frames:
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

"""Arguments that a worker's function changes in place: a copy's under processes, the program's own without them.

Read from the function's bytecode and the arguments it gets, never run: a hint, not a verdict.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from typing import Any

from ungil.substitute import _notice

_CHANGING = {
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "clear",
    "sort",
    "reverse",
    "add",
    "discard",
    "update",
    "setdefault",
    "popitem",
    "appendleft",
    "popleft",
}
_CONTAINERS = (list, dict, set, bytearray)
_KEYS = ("LOAD_FAST", "LOAD_CONST", "LOAD_SMALL_INT", "LOAD_GLOBAL")
CONSEQUENCE = "a process gets a copy, here it is the program's own"
_NOT_COPIED = ("multiprocessing", "ctypes", "queue", "threading", "_thread", "ungil")

Change = tuple[str, tuple[str, ...], str, "int | None"]

_changes: dict[types.CodeType, tuple[Change, ...]] = {}


def look(function: Any, args: Any) -> None:
    """Name each argument in ``args`` that ``function`` appends to, or of which it writes an item or an attribute."""
    args = tuple(args)
    while isinstance(function, functools.partial):
        function, args = function.func, (*function.args, *args)
    if isinstance(function, types.MethodType):
        function, args = function.__func__, (function.__self__, *args)
    code = getattr(function, "__code__", None)
    if not isinstance(code, types.CodeType) or _notice.in_library(code.co_filename):
        return
    if code not in _changes:
        _changes[code] = tuple(_find(code))
    for name, path, what, line in _changes[code]:
        position = code.co_varnames.index(name)
        if position < len(args) and _is_plain(args[position], path, what):
            expression = ".".join((name, *path))
            sentence = f"worker function {code.co_name} {what} its argument {expression}: {CONSEQUENCE}"
            _notice.named("argument", sentence, (code.co_filename, line, expression), (code.co_filename, line))


def _is_plain(value: Any, path: tuple[str, ...], what: str) -> bool:
    """Whether it is a thing that a process would get a copy of."""
    for name in path if what != "writes an attribute of" else path[:-1]:
        value = getattr(value, "__dict__", {}).get(name)
    if what == "writes an attribute of":
        return hasattr(value, "__dict__") and not (
            isinstance(value, (types.ModuleType, type)) or type(value).__module__.startswith(_NOT_COPIED)
        )
    return isinstance(value, _CONTAINERS)


def _find(code: types.CodeType) -> Iterator[Change]:
    parameters = set(code.co_varnames[: code.co_argcount])
    steps = list(_steps(code))
    # One that is assigned to is something else from there on.
    parameters -= {argument for operation, argument, _ in steps if operation == "STORE_FAST"}
    for at, (operation, argument, line) in enumerate(steps):
        if operation != "LOAD_FAST" or argument not in parameters:
            continue
        end = at + 1
        while end < len(steps) and steps[end][0] == "LOAD_ATTR":
            end += 1
        path = tuple(steps[i][1] for i in range(at + 1, end))
        following = [step[0] for step in steps[end : end + 4]]
        if path and path[-1] in _CHANGING:
            yield argument, path[:-1], f"calls {path[-1]}() of", line
        elif following[:1] == ["STORE_ATTR"]:
            yield argument, (*path, steps[end][1]), "writes an attribute of", line
        elif following[:1] and following[0] in _KEYS and _writes_item(following[1:]):
            yield argument, path, "writes an item of", line


def _writes_item(following: list[str]) -> bool:
    """``thing[key] = ...``, or ``thing[key] += ...``, after both have been loaded."""
    return following[:1] in (["STORE_SUBSCR"], ["DELETE_SUBSCR"]) or following[:2] in (
        ["COPY", "COPY"],
        ["DUP_TOP_TWO", "BINARY_SUBSCR"],
    )


def _steps(code: types.CodeType) -> Iterator[tuple[str, Any, int | None]]:
    """Operation, argument and line; what one instruction does twice comes as two, and all kinds of loads as one."""
    import dis

    line: int | None = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        here = getattr(instruction, "line_number", None) or instruction.starts_line
        line = here if here and here is not True else line
        name, argument = instruction.opname, instruction.argval
        if name in ("EXTENDED_ARG", "CACHE", "NOT_TAKEN", "PRECALL"):
            continue
        if name.startswith("LOAD_FAST"):
            for one in argument if isinstance(argument, tuple) else (argument,):
                yield "LOAD_FAST", one, line
        elif name == "STORE_FAST_LOAD_FAST":
            yield "STORE_FAST", argument[0], line
            yield "LOAD_FAST", argument[1], line
        elif name.startswith("STORE_FAST"):
            for one in argument if isinstance(argument, tuple) else (argument,):
                yield "STORE_FAST", one, line
        elif name == "LOAD_METHOD":
            yield "LOAD_ATTR", argument, line
        else:
            yield name, argument, line

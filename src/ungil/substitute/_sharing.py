"""What a worker's function keeps in memory that other workers see, or don't: read from its bytecode, never run.

A hint, not a verdict: the same table loaded by every worker is harmless.
"""

from __future__ import annotations

import queue
import threading
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ungil.executor.sending import work_of
from ungil.substitute import _notice

if TYPE_CHECKING:
    import dis

DEPTH = 2
"""How many calls away from the task's own function it is looked."""

SHARED = "processes keep one each, here all workers share it"
APART = "threads share it, here each worker has its own and the program does not see it"

_METHODS = frozenset(
    (
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "add", "discard", "update"),
        *("setdefault", "popitem", "appendleft", "popleft"),
    )
)
_looked: dict[tuple[types.CodeType, int], object] = {}


def look(fn: Any, consequence: str) -> None:
    """Name the globals, and attributes of global objects, that ``fn`` or what it calls writes; once for each.

    ``consequence`` (``SHARED`` or ``APART``) ends the sentence: what that means under the model.
    """
    todo = [(function, 0) for function in _functions(work_of(fn))]
    while todo:
        function, depth = todo.pop()
        code, token = function.__code__, object()
        if _looked.setdefault((code, depth), token) is not token or _notice.in_library(code.co_filename):
            continue
        found = list(_writes(code, function.__globals__))
        if consequence == APART:
            found += _meeting_points(code, function.__globals__)
        for what, name, line in found:
            sentence = f"worker function {code.co_name} {what} {name!r}: {consequence}"
            _notice.named("worker-global", sentence, (code.co_filename, line, name), (code.co_filename, line))
        if depth < DEPTH:
            todo += [(callee, depth + 1) for callee in _callees(code, function.__globals__)]


def _functions(fn: Any) -> Iterator[types.FunctionType]:
    """The Python functions that calling ``fn`` runs first: its own, and the one it is wrapped around."""
    for _ in range(5):  # a decorator's `__wrapped__` may go in a circle
        if isinstance(fn, types.MethodType):
            fn = fn.__func__
        elif isinstance(fn, type):
            fn = fn.__dict__.get("__init__")
        elif not isinstance(fn, types.FunctionType):
            fn = getattr(type(fn), "__call__", None)  # noqa: B004  # the function is wanted
        if not isinstance(fn, types.FunctionType):
            return
        yield fn
        if "__wrapped__" not in fn.__dict__:
            return
        fn = fn.__dict__["__wrapped__"]


def _writes(code: types.CodeType, names: dict[str, Any]) -> Iterator[tuple[str, str, int | None]]:
    """What the function does to globals for certain: verb, name and line."""
    before: list[dis.Instruction] = []
    for instruction, line in _instructions(code):
        operation = instruction.opname
        last = before[-1] if before else None
        if operation == "STORE_GLOBAL":
            yield "writes the global", instruction.argval, line
        elif operation == "DELETE_GLOBAL":
            yield "deletes the global", instruction.argval, line
        elif operation in ("STORE_ATTR", "DELETE_ATTR") and last and last.opname == "LOAD_GLOBAL":
            yield "writes an attribute of the global", f"{last.argval}.{instruction.argval}", line
        elif operation in ("STORE_SUBSCR", "DELETE_SUBSCR") and len(before) > 1 and _is_simple(before):
            yield "writes an item of the global", before[-2].argval, line
        elif operation in ("LOAD_ATTR", "LOAD_METHOD") and last and last.opname == "LOAD_GLOBAL":
            holder = names.get(last.argval)
            if instruction.argval in _METHODS and isinstance(holder, (list, dict, set, bytearray)):
                yield f"calls {instruction.argval}() of the global", last.argval, line
        before.append(instruction)


def _meeting_points(code: types.CodeType, names: dict[str, Any]) -> Iterator[tuple[str, str, int | None]]:
    """The locks, events and queues among the globals a function uses: threads meet there."""
    kinds = (
        *(type(threading.Lock()), type(threading.RLock()), threading.Condition, threading.Event),
        *(threading.Semaphore, threading.Barrier, queue.Queue, queue.SimpleQueue),
    )
    for instruction, line in _instructions(code):
        if instruction.opname == "LOAD_GLOBAL" and isinstance(names.get(instruction.argval), kinds):
            yield "meets others at the global", instruction.argval, line


def _is_simple(before: list[dis.Instruction]) -> bool:
    """Whether the item written is that of a global, with a plain name or constant as its key."""
    return before[-2].opname == "LOAD_GLOBAL" and before[-1].opname.startswith(
        ("LOAD_FAST", "LOAD_CONST", "LOAD_SMALL")
    )


def _callees(code: types.CodeType, names: dict[str, Any]) -> Iterator[types.FunctionType]:
    """Functions the code names: globals, and functions of modules that are globals."""
    module: types.ModuleType | None = None
    for instruction, _ in _instructions(code):
        value: Any = None
        if instruction.opname == "LOAD_GLOBAL":
            value = names.get(instruction.argval)
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and module is not None:
            value = module.__dict__.get(instruction.argval)
        module = value if isinstance(value, types.ModuleType) else None
        if isinstance(value, (types.FunctionType, types.MethodType, type)):
            yield from _functions(value)


def _instructions(code: types.CodeType) -> Iterator[tuple[dis.Instruction, int | None]]:
    """The instructions of a function and of the functions, comprehensions and lambdas in it, with their lines."""
    import dis

    line: int | None = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        # `starts_line` is a number up to 3.12 and a truth value from 3.13, where `line_number` came.
        here = getattr(instruction, "line_number", None) or instruction.starts_line
        line = here if here and here is not True else line
        if instruction.opname not in ("EXTENDED_ARG", "CACHE", "NOT_TAKEN", "PRECALL"):
            yield instruction, line
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _instructions(constant)

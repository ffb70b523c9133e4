"""Functions that are not seen on the stack: not in a traceback, not by ``sys._getframe``.

The interpreter takes a frame for begun when it is past the first ``RESUME`` of its code, known by its name. That
instruction gives way to other threads, and on free-threaded builds to the thread's own copy of the code.
"""

from __future__ import annotations

import opcode

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

_RESUME, _NOP, _CACHE = opcode.opmap["RESUME"], opcode.opmap["NOP"], 0
_SPECIALISED: dict[str, int] = getattr(opcode, "_specialized_opmap", {})


def hide(function: Function) -> Function:
    """The same function, from now on hidden."""
    hidden: Any = function
    if "RESUME_CHECK" in _SPECIALISED:
        # Its specialised form does the same, and is another name.
        code = hidden.__code__
        changed = bytearray(code.co_code)
        changed[_start(changed)] = _SPECIALISED["RESUME_CHECK"]
        hidden.__code__ = code.replace(co_code=bytes(changed))
    else:
        hidden.__code__ = without_resume(hidden.__code__)  # 3.12, which has no free-threaded build
    return function


def without_resume(code: CodeType) -> CodeType:
    """The same code, hidden, to be run in the main thread. Unlike the other it can be written to a file."""
    changed = bytearray(code.co_code)
    at = _start(changed)
    changed[at : at + 2] = bytes((_NOP, 0))
    while changed[at := at + 2] == _CACHE:
        changed[at : at + 2] = bytes((_NOP, 0))
    return code.replace(co_code=bytes(changed))


def _start(code: bytearray) -> int:
    return next(at for at in range(0, len(code), 2) if code[at] == _RESUME)

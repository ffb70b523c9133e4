"""What ``runner`` starts on the program's interpreter: ``python -I -S main.py``. It becomes a server of runs.

The program is to find nothing below itself on the stack: not in a traceback, not by ``sys._getframe``. So this process
becomes ``python door.pyc``: a compiled file, which Python runs just as it runs a script, whose code lacks the one
instruction by which a frame is seen to have begun. Whatever leaves the program, an exception, ``SystemExit``,
Ctrl-C, then passes through it into the interpreter, which does all that follows.
"""

from __future__ import annotations

import os
import sys

_INSIDE = os.path.dirname(os.path.abspath(__file__))
_RACE = os.path.dirname(_INSIDE)
_UNGIL = os.path.dirname(_RACE)

# Packages without their __init__, which would bring in the outside.
_FOLDERS = {"ungil": _UNGIL, "ungil.launch": os.path.join(_UNGIL, "launch"), "ungil.race": _RACE}
_DOOR = f"""
import sys
for name, folder in {_FOLDERS!r}.items():
    sys.modules[name] = package = type(sys)(name)
    package.__path__ = [folder]
from ungil.race.inside import server
with server.ending:
    server.serve()()
"""


def _main() -> None:
    import marshal
    from opcode import opmap

    request = eval(os.environ["UNGIL_RACE"])
    code = compile(_DOOR, __file__, "exec", dont_inherit=True)
    code = code.replace(co_code=_without_resume(code.co_code, opmap["RESUME"], opmap["NOP"], opmap["CACHE"]))
    magic: bytes = sys.modules["_frozen_importlib_external"].MAGIC_NUMBER
    door = os.path.join(request["folder"], "door.pyc")
    with open(door, "wb") as file:
        file.write(magic + bytes(12) + marshal.dumps(code))
    os.execv(request["python"], [request["python"], door])


def _without_resume(code: bytes, resume: int, nop: int, cache: int) -> bytes:
    """The bytecode with its first ``RESUME`` and the cache of that as ``NOP``.

    The interpreter takes a frame for begun when it is past the first ``RESUME`` of its code.
    """
    changed = bytearray(code)
    at = next(at for at in range(0, len(code), 2) if code[at] == resume)
    changed[at : at + 2] = bytes((nop, 0))
    while changed[at := at + 2] == cache:
        changed[at : at + 2] = bytes((nop, 0))
    return bytes(changed)


_main()

"""What ``runner`` starts on the program's interpreter: ``python -I -S main.py``. It becomes a server of runs.

The program is to find nothing below itself on the stack: not in a traceback, not by ``sys._getframe``. So this process
becomes ``python door.pyc``: a compiled file, which Python runs just as it runs a script, and whose code is hidden.
Whatever leaves the program, an exception, ``SystemExit``, Ctrl-C, passes through it into the interpreter, which does
all that follows.
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
    for name, folder in _FOLDERS.items():
        sys.modules[name] = package = type(sys)(name)
        package.__path__ = [folder]
    import marshal

    from ungil.race.inside.hidden import without_resume

    request = eval(os.environ["UNGIL_RACE"])
    code = without_resume(compile(_DOOR, __file__, "exec", dont_inherit=True))
    magic: bytes = sys.modules["_frozen_importlib_external"].MAGIC_NUMBER
    door = os.path.join(request["folder"], "door.pyc")
    with open(door, "wb") as file:
        file.write(magic + bytes(12) + marshal.dumps(code))
    os.execv(request["python"], [request["python"], door])


_main()

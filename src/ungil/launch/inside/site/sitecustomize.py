"""Runs in the user's process before its program: takes itself away, lets the inside in, makes way for its namesake.

Python's own ``site`` imports this, so that everything after it (``sys.argv``, ``__main__``, ``sys.path[0]``, ``-m``,
tracebacks, signals, exit status) is Python's own doing. It also runs in every interpreter the program makes
(PEP 734), which takes its search path from the first one; and, by ``exec``, in the processes that multiprocessing
spawns (see ``ungil.launch.inside.spawned``), which finds its request in the variable ``REQUEST``.
"""

from __future__ import annotations

import sys
import time

_BEGAN = (time.monotonic(), time.thread_time())
_VARIABLE = "UNGIL_INSIDE"


def _take_away() -> str | None:
    """Leave ``sys.path`` and the environment as the user made them; returns what the inside is asked for."""
    import os

    folder = os.path.dirname(__file__)
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    sys.modules.pop("sitecustomize", None)
    text = os.environ.pop(_VARIABLE, None)
    if text is None:
        return _request_of_process()
    pythonpath = eval(text)["pythonpath"]
    if pythonpath is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = pythonpath
    return text


def _request_of_process() -> str | None:
    """The request, in a further interpreter of a process: its environment as it was when the process started."""
    try:
        with open("/proc/self/environ", "rb") as file:
            variables = file.read().split(b"\0")
    except OSError:
        return None
    start = _VARIABLE.encode() + b"="
    text = next((variable[len(start) :].decode() for variable in variables if variable.startswith(start)), None)
    return None if text is None else repr({**eval(text), "main": False})


def _enter(text: str) -> None:
    """Load the inside from Ungil's own folder, which is never on ``sys.path``, and start it."""
    import os

    inside = os.path.dirname(os.path.dirname(__file__))
    launch = os.path.dirname(inside)
    # Packages without their __init__, which would bring in the outside; boot mends ``ungil`` itself.
    for name, folder in (("ungil", os.path.dirname(launch)), ("ungil.launch", launch)):
        if name not in sys.modules:
            sys.modules[name] = package = type(sys)(name)
            package.__path__ = [folder]
    path, dont_write_bytecode = sys.path[:], sys.dont_write_bytecode
    # Into Ungil's own folder, where that can be written: to compile the inside takes longer than all the rest.
    sys.dont_write_bytecode = False
    # So that a module of the user's that is called like one of the standard library's is not taken for it.
    library = (os.path.dirname(os.__file__), "lib-dynload", ".zip")
    sys.path[:] = [entry for entry in path if entry == library[0] or entry.endswith(library[1:])]
    try:
        from ungil.launch.inside import boot

        boot.start(eval(text), _BEGAN)
    finally:
        sys.path[:], sys.dont_write_bytecode = path, dont_write_bytecode


def _main() -> None:
    try:
        request = globals().get("REQUEST") or _take_away()
        if request is not None:
            _enter(request)
    except Exception as error:
        # Whatever is wrong with us, the program has to run.
        sys.stderr.write(f"ungil: cannot look inside this process: {type(error).__name__}: {error}\n")


_main()
if "REQUEST" not in globals():
    # The environment's own; where there is none, the ImportError is the one that ``site`` expects.
    __import__("sitecustomize")

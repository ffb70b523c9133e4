"""What the inside does in a process before the program's first import."""

from __future__ import annotations

import os
import sys
import time

from ungil.launch.inside.events import Events, complain

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from ungil.launch.inside.events import Request

_PUBLIC = ("Executor", "map", "__all__", "__version__")
_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def start(request: Request, began: tuple[float, float]) -> None:
    """Let in the GIL watch and the substitution, and report that the program is about to start.

    ``began`` is the time (``time.monotonic()``, ``time.thread_time()``, seconds) at which our work in this
    process began: what it took is reported, so that the run's figures can be had without it.
    """
    _make_importable(sys.modules["ungil"])
    events = Events(request)
    gil_enabled = bool(getattr(sys, "_is_gil_enabled", lambda: True)())
    for part in (_watch_gil, _substitute, _follow_spawned, _name_subprocesses):
        try:
            part(request, events)
        except Exception as error:  # noqa: PERF203  # the other parts are to be tried
            _report_failure(events, request, error)
    events.notify(
        {
            "event": "start",
            "pid": os.getpid(),
            "ppid": os.getppid(),
            "main": request["main"],
            "gil_enabled": gil_enabled,
            "monotonic_s": time.monotonic(),
            "setup_wall_s": time.monotonic() - began[0],
            "setup_cpu_s": time.thread_time() - began[1],
        }
    )


def is_free_threaded() -> bool:
    """Whether the interpreter *build* is; ``sysconfig``, the documented way, is too slow to import."""
    return "t" in getattr(sys, "abiflags", "")


def _watch_gil(_request: Request, events: Events) -> None:
    if is_free_threaded():
        from ungil.launch.inside import gil

        gil.watch(events.notify)


def _substitute(request: Request, events: Events) -> None:
    if request["model"] == "as-is" and not request["main"]:
        return  # nothing to replace, and the time would be the workers' of the row that all others are compared with
    import ungil.substitute

    # Looks like Settings; the class itself would bring in dataclasses, which the program may never import.
    namespace: Any = type(sys.implementation)
    settings = namespace(model=request["model"], workers=request["workers"], initializer=request["initializer"])
    ungil.substitute.install(settings, events.notify)


def _follow_spawned(request: Request, _events: Events) -> None:
    if request["model"] == "as-is" and not is_free_threaded():
        return  # there is nothing to do in them
    from ungil.launch.inside import spawned

    spawned.follow(request)


def _name_subprocesses(request: Request, _events: Events) -> None:
    if request["model"] != "as-is" and request["main"]:
        from ungil.launch.inside import subprocesses

        subprocesses.name()


def _report_failure(events: Events, request: Request, error: Exception) -> None:
    what = f"cannot look inside this process: {type(error).__name__}: {error}"
    if request["events"] is None:
        complain(what)
    else:
        events.notify({"event": "named", "code": "inside-failed", "what": what, "path": None, "line": None})


def _make_importable(package: ModuleType) -> None:
    """Give ``ungil`` the look of an imported package, whose own code runs when one of its names is asked for.

    So ``from ungil import Executor`` in the program works, and costs nothing where it is not used.
    """
    spec_from_file_location = sys.modules["_frozen_importlib_external"].spec_from_file_location
    spec = spec_from_file_location("ungil", os.path.join(_PACKAGE, "__init__.py"))

    def load(name: str) -> object:
        if name not in _PUBLIC:
            raise AttributeError(f"module 'ungil' has no attribute {name!r}")
        del package.__getattr__
        spec.loader.exec_module(package)
        return getattr(package, name)

    package.__spec__, package.__loader__, package.__file__ = spec, spec.loader, spec.origin
    package.__package__ = "ungil"
    package.__getattr__ = load  # type: ignore[method-assign]  # PEP 562: looked up in the module's dictionary

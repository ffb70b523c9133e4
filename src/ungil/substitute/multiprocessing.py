"""``multiprocessing``: its pools, processes, queues, locks and managers bound to the model.

The library's own classes stay in place, and with them every name a program may have bound, its subclasses and its
``isinstance``: what is replaced is how they start a worker, and what they wait on.
"""

from __future__ import annotations

from ungil.substitute import _guard
from ungil.substitute._hooks import when_imported
from ungil.substitute._whereabouts import in_interpreter

TYPE_CHECKING = False  # type checkers know the name; `typing` itself is not imported before the program does
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from ungil.substitute.settings import Settings

_PROCESSES = ("Process", "ForkProcess", "SpawnProcess", "ForkServerProcess")


def install(settings: Settings) -> None:
    """Bind each part as soon as its module is imported."""
    model = _resolve(settings.model)
    if model in ("threads", "serial"):
        _share(model)
    else:
        if model in ("interpreters", "auto") and in_interpreter():
            from ungil.substitute import _worker

            _worker.be_worker()
            _guard.install("interpreters")
        when_imported("multiprocessing.process", lambda process: _tell_processes(model, process))
    when_imported("multiprocessing.pool", _once(lambda _: _bind_pool(settings, model)))


def _resolve(model: str) -> str:
    """``auto`` is threads where the GIL is off; else it depends on each pool's first task."""
    if model != "auto":
        return model
    from ungil.executor import choice

    decided = choice.at_once()
    return decided[0] if decided is not None else "auto"


def _share(model: str) -> None:
    """All workers in this process."""
    serial = model == "serial"
    _guard.install(model)
    when_imported("multiprocessing.process", _once(lambda _: _bind_process(serial)))
    when_imported("multiprocessing.context", _once(_bind_context))
    when_imported("multiprocessing.synchronize", _once(_call("_primitives", "bind_locks")))
    when_imported("multiprocessing.managers", _once(lambda _: _call("_manager", "bind")()))
    if serial:
        when_imported("multiprocessing.synchronize", _once(_call("_primitives", "bind_locks_serial")))
        when_imported("multiprocessing.connection", _once(_call("_primitives", "bind_pipes_serial")))


def _bind_process(serial: bool) -> None:
    from ungil.substitute import _process

    _process.bind(serial)


def _bind_context(context: Any) -> None:
    from ungil.substitute import _primitives, _process

    context.BaseContext.current_process = staticmethod(_process.current_process)
    context.BaseContext.parent_process = staticmethod(_process.parent_process)
    for name in _PROCESSES:
        if hasattr(context, name):
            getattr(context, name)._Popen = staticmethod(_process.start)
    _primitives.bind_context(context)


def _bind_pool(settings: Settings, model: str) -> None:
    if model == "serial":
        from ungil.substitute import _serial_pool

        _serial_pool.bind()
    else:
        from ungil.substitute import _pool

        _pool.bind(settings, model)


def _tell_processes(model: str, process: Any) -> None:
    from ungil.substitute import _processes

    _processes.tell(process, model)


def _call(file: str, function: str) -> Any:
    """A function of one of our files, imported only when it is called."""

    def call(*args: Any) -> Any:
        import importlib

        return getattr(importlib.import_module(f"ungil.substitute.{file}"), function)(*args)

    return call


def _once(callback: Any) -> Any:
    """A module that is reloaded keeps what was bound at first where that is in another module."""
    done: list[ModuleType] = []

    def call(module: ModuleType) -> None:
        if not done:
            done.append(module)
            callback(module)

    return call

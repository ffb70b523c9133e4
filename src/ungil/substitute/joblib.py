"""joblib: its process backends carried out by threads or one at a time, by joblib's own means.

A backend that cannot do its work raises joblib's ``FallbackToBackend`` from ``configure()``, and ``Parallel`` goes on
with the one that holds. So every way to choose a backend (default, by name, instance, context, ``prefer``,
``require``) and every check of it stays joblib's.
"""

from __future__ import annotations

import os

from ungil.substitute import _notice
from ungil.substitute._hooks import when_imported

TYPE_CHECKING = False  # type checkers know the name; `typing` itself is not imported before the program does
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from ungil.substitute.settings import Settings

_NATURES = {"LokyBackend": "processes", "MultiprocessingBackend": "processes", "ThreadingBackend": "threads"}


def install(settings: Settings) -> None:
    """Bind joblib's own backends as soon as ``joblib.parallel`` is imported."""
    when_imported("joblib.parallel", lambda module: _bind(module, settings))


def _bind(module: ModuleType, settings: Settings) -> None:
    assert module.__file__ is not None
    _notice.add_library(os.path.dirname(module.__file__))
    for name, nature in _NATURES.items():
        backend = getattr(module, name, None)
        if backend is not None and not hasattr(backend, "_ungil_nature"):
            backend._ungil_nature = nature
            _set_width(backend, settings)
            _redirect(backend, nature, module, settings)


def _set_width(backend: Any, settings: Settings) -> None:
    """Have the backend run ``settings.workers`` jobs wherever it would run more than one."""
    import functools

    width = settings.workers
    if width is None or settings.model == "as-is":
        return
    original = backend.effective_n_jobs

    @functools.wraps(original)
    def effective_n_jobs(self: Any, n_jobs: Any) -> Any:
        jobs = original(self, n_jobs)
        return jobs if jobs == 1 else width

    backend.effective_n_jobs = effective_n_jobs


def _redirect(backend: Any, nature: str, module: Any, settings: Settings) -> None:
    """Have the backend report that it is used, and go on with another one where the model is not its own."""
    import functools

    original = backend.configure

    @functools.wraps(original)
    def configure(self: Any, n_jobs: Any = 1, parallel: Any = None, *args: Any, **kwargs: Any) -> Any:
        jobs = self.effective_n_jobs(n_jobs)
        if jobs == 1 or hasattr(self, "_ungil_initializer"):
            return original(self, n_jobs, parallel, *args, **kwargs)
        options = {**getattr(self, "backend_kwargs", {}), **kwargs}
        initializer, initargs = options.get("initializer"), tuple(options.get("initargs") or ())
        model = _model(nature, settings.model)
        asked = n_jobs if isinstance(n_jobs, int) and n_jobs > 0 else None
        told = ("joblib.Parallel", 1 if model == "serial" else jobs, asked, initializer is not None)
        if settings.model == "as-is":
            _notice.made(*told, place_of=_notice.place())
        else:
            _notice.substituted(*told, model=model, place_of=_notice.place())
        if model == nature:
            return original(self, n_jobs, parallel, *args, **kwargs)
        if model == "serial":
            if initializer is not None:
                initializer(*initargs)
            instead = module.SequentialBackend(nesting_level=self.nesting_level)
        else:
            instead = _threading(module.ThreadingBackend)(nesting_level=self.nesting_level)
            instead._ungil_initializer = (initializer, initargs)
        raise module.FallbackToBackend(instead)

    backend.configure = configure


def _model(nature: str, model: str) -> str:
    """What carries out a backend of this nature."""
    if model == "serial":
        return "serial"
    if model == "interpreters":
        what = f"joblib has no backend for interpreters: its {nature} stay"
        _notice.named("joblib-interpreters", what)
    if nature == "processes" and model in ("threads", "auto"):
        from ungil.executor.choice import gil_enabled

        return "processes" if model == "auto" and gil_enabled() else "threads"
    return nature  # joblib's threads are asked for where memory is shared: processes cannot stand in for them


def _threading(base: Any) -> Any:
    """joblib's threading backend for work that was meant for worker processes."""
    import functools

    from ungil.substitute import _sharing, _worker

    def guarded(func: Any) -> Any:
        for function, _args, _kwargs in getattr(func, "items", ()):  # a BatchedCalls
            _sharing.look(function, _sharing.SHARED)
        return functools.partial(_worker.task, func)

    class ThreadingBackend(base):  # type: ignore[misc]  # joblib's class, known at run time only
        def submit(self, func: Any, callback: Any = None) -> Any:
            return super().submit(guarded(func), callback)

        def apply_async(self, func: Any, callback: Any = None) -> Any:
            if hasattr(base, "submit"):  # joblib 1.5 has it call the other one
                return super().apply_async(func, callback)
            return super().apply_async(guarded(func), callback)

        def _get_pool(self) -> Any:
            initializer, initargs = self._ungil_initializer
            pool: Any = getattr(self, "_pool", None)
            if pool is None and initializer is not None:
                from multiprocessing.pool import ThreadPool

                self._pool = ThreadPool(self._n_jobs, functools.partial(_worker.task, initializer), initargs)
            return super()._get_pool()

    return ThreadingBackend

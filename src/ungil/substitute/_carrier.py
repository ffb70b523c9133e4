"""What carries out the tasks of one replaced pool."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import TYPE_CHECKING, Any

from ungil.executor import choice
from ungil.executor.sending import ModuleRefusedError, SendError, describe, work_of
from ungil.executor.serial import SerialPool
from ungil.executor.threads import ThreadPool
from ungil.substitute import _arguments, _notice, _sharing, _worker

if TYPE_CHECKING:
    from ungil.executor.pool import Pool
    from ungil.substitute._futures_pool import Asked
    from ungil.substitute.settings import Settings


class Carrier:
    """Takes the tasks of a pool of class ``real``; under ``auto`` the first task decides where they go."""

    def __init__(self, real: Any, nature: str, settings: Settings, asked: Asked) -> None:
        self._real, self._nature, self._settings, self._asked = real, nature, settings, asked
        self._place = _notice.place()
        self._shut_down = False
        self._choosing = threading.Lock()
        self._pool: Pool | Kept | None = None
        self._seen: Any = None
        self._model = _model_at_once(settings.model, nature)
        if self._model != "auto":
            self._pool = self._open()

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Future[Any]:
        pool = self._pool or self._decide(fn, args, kwargs)
        self._look(fn, args)
        future = pool.submit(functools.partial(_worker.task, fn) if self._as_worker else fn, args, kwargs)
        if self._model in ("interpreters", "processes"):
            future.add_done_callback(functools.partial(_name_unsendable, fn))
        return future

    def shutdown(self, wait: bool, cancel_futures: bool) -> None:
        with self._choosing:
            self._shut_down = True
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)
        if wait and self._model == "serial":
            _worker.flush_tasks()

    def __del__(self) -> None:
        # The pool it stands for is forgotten: its workers end when they are done.
        if getattr(self, "_pool", None) is not None:
            self._pool.shutdown(False)  # type: ignore[union-attr]  # it is not None

    def _decide(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Pool | Kept:
        with self._choosing:
            if self._shut_down:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if self._pool is None:
                asked = self._asked
                self._model, reason = choice.for_task(asked.initializer, asked.initargs, fn, args, kwargs)
                if self._model == self._nature:
                    _notice.named("auto-keeps", f"stays with {self._nature}: {reason}", place_of=self._place)
                self._pool = self._open()
            return self._pool

    def _open(self) -> Pool | Kept:
        asked, width = self._asked, self._settings.workers or self._asked.width
        pool = self._make(width)
        _notice.substituted(
            f"concurrent.futures.{self._real.__name__}",
            1 if self._model == "serial" else width,
            asked.asked,
            asked.initializer is not None,
            model=self._model,
            place_of=self._place,
        )
        if asked.max_tasks_per_child is not None and self._model != self._nature:
            what = f"max_tasks_per_child={asked.max_tasks_per_child}: workers are not made anew"
            _notice.named("max-tasks-per-child", what, place_of=self._place)
        if asked.initializer is not None:
            self._look(asked.initializer, asked.initargs)
        return pool

    def _make(self, width: int) -> Pool | Kept:
        asked = self._asked
        if self._model == "processes":
            return self._make_processes(width)
        initializer = asked.initializer
        if initializer is not None and self._as_worker:
            initializer = functools.partial(_worker.task, initializer)
        if self._model == "interpreters":
            return self._make_interpreters(width, initializer)
        pool: Pool
        if self._model == "serial":
            pool = SerialPool(initializer, asked.initargs)
            pool.future_class = SerialFuture
        else:
            if initializer is not None and self._settings.initializer == "once":
                initializer = Once(initializer)
            # The waiter is the program, and no worker: it runs none of the tasks.
            pool = ThreadPool(width, asked.thread_name_prefix, initializer, asked.initargs, helping=False)
        self._break_as_before(pool)
        return pool

    def _make_processes(self, width: int) -> Pool | Kept:
        asked = self._asked
        if self._nature == "processes":
            options = {} if asked.max_tasks_per_child is None else {"max_tasks_per_child": asked.max_tasks_per_child}
            return Kept(self._real(width, asked.mp_context, asked.initializer, asked.initargs, **options))
        from ungil.executor.processes import ProcessPool

        pool = ProcessPool(width, asked.initializer, asked.initargs)
        if asked.initializer is not None:
            self._break_as_before(pool)
        return pool

    def _make_interpreters(self, width: int, initializer: Callable[..., object] | None) -> Pool:
        from ungil.executor.interpreters import InterpreterPool
        from ungil.substitute import _interpreters

        asked = self._asked
        try:
            pool = InterpreterPool(
                width,
                asked.thread_name_prefix,
                initializer,
                asked.initargs,
                setup=_interpreters.setup(self._settings),
                on_note=_interpreters.forward,
                on_error=self._name_refused_module,
            )
        except SendError as error:
            _notice.named("unsendable", str(error), place_of=self._place)
            raise
        self._break_as_before(pool)
        return pool

    def _name_refused_module(self, error: BaseException) -> None:
        if isinstance(error, ModuleRefusedError):
            _notice.named("module-refused", str(error), place_of=self._place)

    @property
    def _as_worker(self) -> bool:
        """Whether tasks think they are in a process of their own, and here are not."""
        return self._nature == "processes" != self._model or (
            self._nature == "interpreters" and self._model in ("serial", "threads")
        )

    def _look(self, fn: Any, args: tuple[Any, ...]) -> None:
        own = work_of(fn)
        if own is self._seen:
            return
        self._seen = own
        apart = ("processes", "interpreters")
        if self._nature in apart and self._model not in apart:
            _sharing.look(fn, _sharing.SHARED)
            _arguments.look(*_one_call(fn, args))
            _name_closure(fn, "a pool of processes or interpreters could not take it")
        elif self._nature not in apart and self._model in apart:
            _sharing.look(fn, _sharing.APART)
            _name_closure(fn, "each worker gets a copy of what it closes over")

    def _break_as_before(self, pool: Pool) -> None:
        """Have a failed initializer raise what the replaced class would, in its words."""
        if self._nature == "processes":
            from concurrent.futures.process import BrokenProcessPool

            pool.broken_class = BrokenProcessPool
            pool.broken_message = "A child process terminated abruptly, the process pool is not usable anymore"
            pool.broken_pending_message = (
                "A process in the process pool was terminated abruptly while the future was running or pending."
            )
        else:
            pool.broken_class = _broken_class(self._real)
            pool.broken_message = pool.broken_pending_message = (
                "A thread initializer failed, the thread pool is not usable anymore"
            )


class Kept:
    """A pool that stays what it is."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Future[Any]:
        return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


class SerialFuture(Future[Any]):
    """The future of a task that has run already; names where the program would have seen one that had not."""

    def __init__(self) -> None:
        super().__init__()
        self._began_s = time.monotonic()
        self._took_s = 0.0

    def set_result(self, result: Any) -> None:
        self._took_s = time.monotonic() - self._began_s
        super().set_result(result)

    def set_exception(self, exception: BaseException | None) -> None:
        self._took_s = time.monotonic() - self._began_s
        super().set_exception(exception)

    def cancel(self) -> bool:
        if not _notice.made_by_library():  # map() cancels what it leaves behind
            _notice.named("cancel", "cancel(): one at a time, the task has run when submit() returns")
        return super().cancel()

    def result(self, timeout: float | None = None) -> Any:
        self._name_timeout(timeout)
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._name_timeout(timeout)
        return super().exception(timeout)

    def _name_timeout(self, timeout: float | None) -> None:
        if timeout is not None and timeout < self._took_s:
            what = f"a time limit of {timeout:g} s on a result: one at a time, it is there when submit() returns"
            _notice.named("timeout", what)


class Once:
    """An initializer that runs in the first worker; the others wait for it, and fail if it failed."""

    def __init__(self, initializer: Callable[..., object]) -> None:
        self._initializer: Callable[..., object] | None = initializer
        self._lock = threading.Lock()
        self._error: BaseException | None = None

    def __call__(self, *args: Any) -> None:
        with self._lock:
            initializer, self._initializer = self._initializer, None
            if initializer is not None:
                try:
                    initializer(*args)
                except BaseException as error:
                    self._error = error
        if self._error is not None:
            raise self._error


def _one_call(fn: Any, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """The program's own call in a task, or the first of them: ``map`` of processes sends the arguments of several."""
    if isinstance(fn, functools.partial) and getattr(fn.func, "__name__", None) == "_process_chunk":
        return fn.args[0], next(iter(args[0]), ())
    return fn, args


def _model_at_once(model: str, nature: str) -> str:
    """What ``auto`` means for a process or interpreter pool, as far as that is known without a task."""
    if model != "auto":
        return model
    decided = choice.at_once()
    if nature == "interpreters":
        return "interpreters" if choice.gil_enabled() else "threads"
    return decided[0] if decided is not None else "auto"


def _broken_class(real: Any) -> type[BrokenExecutor]:
    from concurrent.futures.thread import BrokenThreadPool

    broken: type[BrokenExecutor] = getattr(real, "BROKEN", BrokenThreadPool)
    return broken


def _name_closure(fn: Any, consequence: str) -> None:
    fn = work_of(fn)
    code = getattr(fn, "__code__", None)
    if code is not None and ("<locals>" in fn.__qualname__ or "<lambda>" in fn.__qualname__):
        what = f"{describe(fn)} is not at the top of a module: {consequence}"
        _notice.named("closure", what, code, code)


def _name_unsendable(fn: Any, future: Future[Any]) -> None:
    error = None if future.cancelled() else future.exception()
    if isinstance(error, SendError):
        code = getattr(work_of(fn), "__code__", None)
        _notice.named("unsendable", str(error), place_of=code)

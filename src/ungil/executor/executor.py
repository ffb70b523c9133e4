"""The one pool: ``Executor``, and ``map`` for a single use of it."""

from __future__ import annotations

import concurrent.futures
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from ungil.executor import choice, mapping
from ungil.executor.choice import MODELS
from ungil.executor.far import refuse_while_loading
from ungil.executor.serial import SerialPool

if TYPE_CHECKING:
    from ungil.executor.choice import Model

Result = TypeVar("Result")


class Executor(concurrent.futures.Executor):
    """A pool whose tasks are carried out by the model one asks for; else what ``concurrent.futures`` promises.

    ``auto`` takes threads if the GIL is off; else interpreters (Python 3.14 or newer) if the first task and the
    initializer can be sent to one; else processes. ``model`` and ``reason`` say which and why.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        model: Model = "auto",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        thread_name_prefix: str = "",
        mp_context: Any = None,
    ) -> None:
        """``max_workers`` is the number of cores this process may use, if not given; ``serial`` has one worker.

        Raises:
            ValueError: an unknown model, or less than one worker.
            TypeError: the initializer is not callable.
            RuntimeError: this Python has no interpreters; or the main module, run anew by a worker interpreter,
                makes a pool outside ``if __name__ == "__main__":``.
        """
        if model not in MODELS:
            raise ValueError(f"unknown model {model!r}: choose one of {', '.join(MODELS)}")
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        refuse_while_loading()
        self._max_workers = max_workers or _cores()
        self._initializer, self._initargs = initializer, tuple(initargs)
        self._thread_name_prefix, self._mp_context = thread_name_prefix, mp_context
        self._pool: concurrent.futures.Executor | None = None
        self._shut_down = False
        self._choosing = threading.Lock()
        decided = choice.at_once() if model == "auto" else (model, "it was asked for")
        if decided is not None:
            self._open(*decided)

    @property
    def model(self) -> Model:
        """The model; under ``auto`` with the GIL on it is settled by the first task, and ``auto`` before."""
        return "auto" if self._pool is None else self._model

    @property
    def reason(self) -> str:
        """Why it is that model, in a few words."""
        return "the first task decides" if self._pool is None else self._reason

    @property
    def workers(self) -> int:
        """The most tasks that run at the same time."""
        return 1 if self.model == "serial" else self._max_workers

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Have ``fn(*args, **kwargs)`` carried out.

        Raises:
            RuntimeError: after ``shutdown``.
            concurrent.futures.BrokenExecutor: the initializer failed, or a worker process died.
        """
        return self._pool_for(fn, args, kwargs).submit(fn, *args, **kwargs)

    def map(
        self,
        fn: Callable[..., Result],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Result]:
        """Results of ``fn`` over the arguments, in their order.

        ``timeout`` is in seconds from this call. ``chunksize`` arguments make one task. ``buffersize`` bounds the
        tasks submitted and not yet handed over; without it all arguments are read at once. A failure is raised in
        its turn, after every result before it.

        Raises:
            concurrent.futures.TimeoutError: from the iterator, when the next result is not there in time.
        """
        mapping.check(chunksize, buffersize)
        return mapping.in_order(self.submit, fn, iterables, timeout, chunksize, buffersize)

    def map_unordered(
        self,
        fn: Callable[..., Result],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Result]:
        """As ``map``, each result as soon as it is there."""
        mapping.check(chunksize, buffersize)
        return mapping.as_done(self.submit, fn, iterables, timeout, chunksize, buffersize)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; wait for those under way, and cancel those not started, if asked to."""
        with self._choosing:
            self._shut_down = True
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        # Who presses Ctrl-C does not want all that is queued to be done first, as the library's own pools do.
        self.shutdown(cancel_futures=kind is not None and issubclass(kind, KeyboardInterrupt))

    def _pool_for(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> concurrent.futures.Executor:
        pool = self._pool
        if pool is None:
            with self._choosing:
                if self._shut_down:
                    raise RuntimeError("cannot schedule new futures after shutdown")
                # Another thread's first task may have been quicker.
                pool = self._pool or self._open(*choice.for_task(self._initializer, self._initargs, fn, args, kwargs))
        return pool

    def _open(self, model: Model, reason: str) -> concurrent.futures.Executor:
        self._model, self._reason = model, reason
        self._pool = self._make(model)
        return self._pool

    def _make(self, model: Model) -> concurrent.futures.Executor:
        start = (self._initializer, self._initargs)
        # Imported when asked for: a pool of threads must not bring multiprocessing in.
        if model == "serial":
            return SerialPool(*start)
        if model == "threads":
            from ungil.executor.threads import ThreadPool

            return ThreadPool(self._max_workers, self._thread_name_prefix, *start)
        if model == "interpreters":
            from ungil.executor.interpreters import InterpreterPool

            return InterpreterPool(self._max_workers, self._thread_name_prefix, *start)
        from ungil.executor.processes import ProcessPool

        return ProcessPool(self._max_workers, *start, self._mp_context)


def map(
    fn: Callable[..., Result],
    *iterables: Iterable[Any],
    max_workers: int | None = None,
    model: Model = "auto",
    timeout: float | None = None,
    chunksize: int = 1,
    buffersize: int | None = None,
) -> Iterator[Result]:
    """``Executor.map`` with a pool of its own: opened when the first result is asked for, shut down after the
    last one.
    """
    with Executor(max_workers, model=model) as executor:
        yield from executor.map(fn, *iterables, timeout=timeout, chunksize=chunksize, buffersize=buffersize)


def _cores() -> int:
    # os.process_cpu_count() is 3.13's; the affinity mask is what it reads.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""The one pool: ``Executor``, and ``map`` for a single use of it."""

from __future__ import annotations

import concurrent.futures
import os
import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from ungil.executor import choice, native
from ungil.executor.choice import MODELS
from ungil.executor.items import Items, check
from ungil.executor.mapping import Job
from ungil.executor.pool import CLOSED
from ungil.executor.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Literal

    from ungil.executor.choice import Model
    from ungil.executor.pool import Pool

Result = TypeVar("Result")


class Executor(concurrent.futures.Executor):
    """A pool whose tasks are carried out by the model one asks for; else what ``concurrent.futures`` promises.

    ``auto`` takes threads if the GIL is off; else interpreters (Python 3.14 or newer) if the first task and the
    initializer can be sent to one; else processes. ``model`` and ``reason`` say which and why.

    Beyond the promises of the library: tasks may wait for tasks of their own pool; ``submit`` may be called in signal
    handlers and finalisers; a forked child finds the pool empty and usable; worker processes end with their parent.
    With ``threads``, a thread that waits for the task that would be started next runs it itself, unless the pool has
    an ``initializer`` or a ``thread_name_prefix``.
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
        native_threads: int | Literal["auto"] | None = "auto",
    ) -> None:
        """``max_workers`` is the number of cores this process may use, if not given; ``serial`` has one worker.

        ``mp_context`` is a context of ``multiprocessing``, for ``processes``. ``native_threads`` is how many threads
        BLAS, OpenMP, Arrow and PyTorch may use in each worker, where threadpoolctl is installed: the worker's share of
        the cores, or so many, or (None) what they like.

        Raises:
            ValueError: an unknown model, or less than one worker or native thread.
            TypeError: the initializer is not callable.
            RuntimeError: this Python has no interpreters; or the main module, run anew by a worker interpreter,
                makes a pool outside ``if __name__ == "__main__":``.
        """
        self._pool: Pool | None = None
        if model not in MODELS:
            raise ValueError(f"unknown model {model!r}: choose one of {', '.join(MODELS)}")
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if native_threads not in ("auto", None) and (not isinstance(native_threads, int) or native_threads <= 0):
            raise ValueError("native_threads must be 'auto', None or greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        choice.refuse_while_loading()
        cores = _cores()
        self._max_workers = max_workers or cores
        self._initializer, self._initargs = initializer, tuple(initargs)
        self._thread_name_prefix, self._mp_context = thread_name_prefix, mp_context
        self._native_threads = native.share(native_threads, self._max_workers, cores)
        self._shut_down = False
        self._choosing = threading.RLock()
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
        pool = self._pool
        if pool is None:
            pool = self._settle(fn, args, kwargs)
        return pool.submit(fn, args, kwargs)

    def map(
        self,
        fn: Callable[..., Result],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int | None = None,
        buffersize: int | None = None,
    ) -> Iterator[Result]:
        """Results of ``fn`` over the arguments, in their order.

        Lists, tuples, ranges and the other built-in containers are read at once, and all their items are done whether
        somebody asks for the results or not. Any other iterable is read a few hundred items, or about a millisecond's
        work for each worker, ahead of the results that are taken, by the thread that takes them; ``shutdown`` reads
        the rest if nobody has begun to.

        A failure is raised in its turn, after every result before it, with a note of the item's position.

        Args:
            timeout: seconds from this call, for each result.
            chunksize: how many items a worker is handed at a time; steered by the time they take, if not given.
            buffersize: how many items may be read and have their results not taken.

        Raises:
            concurrent.futures.TimeoutError: from the iterator, when the next result is not there in time.
            RuntimeError, concurrent.futures.BrokenExecutor: as ``submit``.
        """
        return self._start(fn, iterables, timeout, chunksize, buffersize, ordered=True)

    def map_unordered(
        self,
        fn: Callable[..., Result],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int | None = None,
        buffersize: int | None = None,
    ) -> Iterator[Result]:
        """As ``map``, each result as soon as it is there."""
        return self._start(fn, iterables, timeout, chunksize, buffersize, ordered=False)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; wait for those under way, and cancel those not started, if asked to."""
        with self._choosing:
            self._shut_down = True
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Who presses Ctrl-C does not want all that is queued to be done first, as the library's own pools do.
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        try:
            self.shutdown(cancel_futures=interrupted)
        except KeyboardInterrupt:
            if not interrupted:  # that is for the second time
                self.shutdown(cancel_futures=True)
            raise

    def __del__(self) -> None:
        pool = getattr(self, "_pool", None)
        if pool is not None:
            pool.shutdown(wait=False)

    def __reduce__(self) -> Any:
        raise TypeError("an Executor cannot be sent to a worker: a task that needs one makes its own")

    def _start(
        self,
        fn: Callable[..., Any],
        iterables: tuple[Iterable[Any], ...],
        timeout: float | None,
        chunksize: int | None,
        buffersize: int | None,
        *,
        ordered: bool,
    ) -> Results:
        deadline = None if timeout is None else monotonic() + timeout
        check(chunksize, buffersize)
        items = Items(iterables)
        pool = self._pool
        if pool is None:
            first = items.first()
            if first is None and not self._shut_down:
                return Results(_nothing(), None)
            pool = self._settle(fn, first or (), {})
        job = Job(pool, fn, items, chunksize, buffersize)
        if not ordered:
            job.done = deque()
        job.start(self)
        return job.results(deadline)

    def _settle(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Pool:
        with self._choosing:
            if self._shut_down:
                raise RuntimeError(CLOSED)
            # Another thread's first task may have been quicker.
            return self._pool or self._open(*choice.for_task(self._initializer, self._initargs, fn, args, kwargs))

    def _open(self, model: Model, reason: str) -> Pool:
        self._model, self._reason = model, reason
        self._pool = self._make(model)
        return self._pool

    def _make(self, model: Model) -> Pool:
        start = (self._initializer, self._initargs)
        # Imported when asked for: a pool of threads must not bring multiprocessing in.
        if model == "serial":
            from ungil.executor.serial import SerialPool

            return SerialPool(*start)
        if model == "threads":
            from ungil.executor.threads import ThreadPool

            return ThreadPool(self._max_workers, self._thread_name_prefix, *start, native_threads=self._native_threads)
        if model == "interpreters":
            from ungil.executor.interpreters import InterpreterPool

            return InterpreterPool(
                self._max_workers, self._thread_name_prefix, *start, native_threads=self._native_threads
            )
        from ungil.executor.processes import ProcessPool

        return ProcessPool(self._max_workers, *start, self._mp_context, self._native_threads)


def map(
    fn: Callable[..., Result],
    *iterables: Iterable[Any],
    max_workers: int | None = None,
    model: Model = "auto",
    timeout: float | None = None,
    chunksize: int | None = None,
    buffersize: int | None = None,
) -> Iterator[Result]:
    """``Executor.map`` with a pool of its own: opened when the first result is asked for, shut down after the
    last one.
    """

    def chunks() -> Generator[Iterable[Result], None, None]:
        with Executor(max_workers, model=model) as executor:
            results = executor._start(fn, iterables, timeout, chunksize, buffersize, ordered=True)
            yield from results.chunks

    return Results(chunks(), None)


def _nothing() -> Generator[Iterable[Any], None, None]:
    yield ()


def _cores() -> int:
    # os.process_cpu_count() is 3.13's; the affinity mask is what it reads.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""The future of a task: ``concurrent.futures.Future`` that makes its parts when they are asked for.

The library's own costs 1.5 µs to make, mostly for a Condition that most futures never need.
"""

from __future__ import annotations

import concurrent.futures
from _thread import RLock
from concurrent.futures._base import CANCELLED, FINISHED, PENDING, RUNNING, InvalidStateError
from threading import Condition
from typing import TYPE_CHECKING, Any

from ungil.executor.worker import HERE, new_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from ungil.executor.pool import Pool
    from ungil.executor.worker import Worker


class Future(concurrent.futures.Future[Any]):
    """A task of a pool, and its outcome.

    Whoever claims the task runs it: a worker, or the thread that waits for it (see ``Pool.help``).
    """

    # What the library's own makes in __init__; its methods find them here, and the properties below.
    _state = PENDING
    _result = None
    _exception = None
    _made_condition: Condition | None = None
    _made_waiters: list[Any] | None = None
    _made_callbacks: list[Callable[[Any], object]] | None = None

    # What a pool's queue holds is either a future or a job (see `mapping`).
    is_job = False
    is_claimed = False
    is_few = True

    def __init__(self, pool: Pool, work: Any) -> None:
        # Re-entrant, as the library's: a signal handler or a finaliser may come by while this thread holds it.
        self._lock = RLock()
        self._pool = pool
        self._work = work

    def run(self, worker: Worker) -> None:
        """Carry the task out, unless somebody else has claimed it or it was cancelled."""
        lock = self._lock
        try:
            lock.acquire()  # by hand, as in `Pool`
            if self._state is not PENDING:
                if self._state == CANCELLED:
                    self.set_running_or_notify_cancel()
                return
            self._state = RUNNING
            work = self._work
            self._work = None
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass
        try:
            if worker.is_here:
                fn, args, kwargs = work
                result = fn(*args, **kwargs) if kwargs else fn(*args)
            else:
                result = worker.perform(work)
        except BaseException as error:  # SystemExit and KeyboardInterrupt of a task are its outcome as well
            work = fn = args = kwargs = None
            self.set_exception(error)
            # The exception's traceback holds this frame, and the future the exception.
            self = worker = None  # type: ignore[assignment]  # nothing uses them any more
            return
        work = fn = args = kwargs = None
        # What set_result() does, if nobody has done it before.
        try:
            lock.acquire()
            if self._state is not RUNNING:
                raise InvalidStateError(f"{self._state}: {self!r}")
            self._result = result
            self._state = FINISHED
            if self._made_condition is not None:
                for waiter in self._made_waiters or ():
                    waiter.add_result(self)
                self._made_condition.notify_all()
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass
        if self._made_callbacks is not None:
            self._invoke_callbacks()  # type: ignore[attr-defined]  # the library's

    def result(self, timeout: float | None = None) -> Any:
        if self._state is not FINISHED:
            pool = self._pool
            if timeout is None and (place := pool.step_in(self)) is not None:
                try:
                    new_context().run(self.run, HERE)
                    pool.is_left_alone = True
                finally:
                    pool.step_out(place)
            else:
                pool.help(self, timeout)
        if self._state is FINISHED and self._exception is None:
            return self._result
        try:
            return super().result(timeout)
        finally:
            self = None  # type: ignore[assignment]  # as above

    def exception(self, timeout: float | None = None) -> BaseException | None:
        if self._state is not FINISHED:
            self._pool.help(self, timeout)
        return super().exception(timeout)

    def drop(self) -> None:
        """Cancel the task for good: who waits for it hears of it at once, where the library's never does."""
        if self.cancel():
            with self._lock:
                if self._state == CANCELLED:
                    self.set_running_or_notify_cancel()

    def fail(self, error: BaseException) -> None:
        """End a task that nobody has claimed."""
        with self._lock:
            if self._state == CANCELLED:
                self.set_running_or_notify_cancel()
            if self._state is not PENDING:
                return
            self._state = RUNNING
        self.set_exception(error)

    def forget(self, error: BaseException) -> None:
        """End it in a forked child, where its worker is not: the locks may be held by threads that are not, either."""
        self._lock = RLock()
        self._made_condition = self._made_waiters = self._made_callbacks = None
        self._exception, self._state = error, FINISHED

    @property
    def _condition(self) -> Condition:  # type: ignore[override]  # as below
        with self._lock:
            if self._made_condition is None:
                self._made_condition = Condition(self._lock)
            return self._made_condition

    @property
    def _waiters(self) -> list[Any]:  # type: ignore[override]  # the library's code only reads it
        if self._made_waiters is None:
            self._made_waiters = []
        if self._state is PENDING or self._state is RUNNING:
            self._pool.stand_in()  # wait() and as_completed() are about to sleep
        return self._made_waiters

    @property
    def _done_callbacks(self) -> list[Callable[[Any], object]]:
        if self._made_callbacks is None:
            self._made_callbacks = []
        return self._made_callbacks

"""The near end of a worker that is not here: a thread that sends tasks to an interpreter or a process and waits."""

from __future__ import annotations

import contextlib
import itertools
import pickle
import socket
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ungil.executor import far
from ungil.executor.channel import Channel, Closed, Message
from ungil.executor.future import Future
from ungil.executor.pool import Pool
from ungil.executor.sending import SendError, pack, pack_function, pack_task, unpack_exception
from ungil.executor.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ungil.executor.mapping import Job
    from ungil.executor.sending import Reducers, Task

_numbers = itertools.count().__next__


class FarPool(Pool):
    """A pool whose tasks are sent."""

    is_here = False

    def __init__(self, max_workers: int, thread_name_prefix: str) -> None:
        super().__init__(max_workers, thread_name_prefix, helping=False)
        self.ends: set[Any] = set()
        """Sockets and pipes of ours that a forked child must not keep: who reads at their other end would wait."""

    def forget(self) -> None:
        super().forget()
        while self.ends:
            self.ends.pop().close()

    def reducers(self) -> Reducers | None:
        """What is pickled otherwise than elsewhere."""
        return None

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Future:
        """As ``Pool.submit``. What is sent is packed now: what becomes of the arguments later is not seen there."""
        try:
            future = Future(self, pack_task((fn, args, kwargs), self.reducers()))
        except SendError as error:
            self.check()
            future = Future(self, None)
            future.fail(error)
            return future
        self.push(future)
        return future

    def function_of(self, job: Job) -> tuple[int, bytes]:
        """A job's function as it is sent, under a number of its own.

        Raises:
            SendError: it cannot be.
        """
        if job.sent is None:
            job.sent = _numbers(), pack_function(job.fn, self.reducers())
        return job.sent


class FarWorker(Worker, ABC):
    """Subclasses make the other end, and know how it has died."""

    is_here = False
    target_s = 0.008  # a request costs a fifth of a millisecond, most of it waking up
    largest = 1 << 16
    pool: FarPool

    def __init__(self, pool: FarPool) -> None:
        super().__init__(pool)
        self.channel: Channel | None = None
        self._here: socket.socket | None = None
        self._is_asking = False
        self._known = -1
        """The number of the function that the other end has."""

    @abstractmethod
    def how_it_died(self) -> str:
        """In a sentence, that the other end is not there any more, and why."""

    @property
    def is_available(self) -> bool:
        return not self._is_asking

    def connect(self) -> socket.socket:
        """Make the channel; what the other end is to have."""
        self._here, there = socket.socketpair()
        self.pool.ends.add(self._here)
        self.channel = Channel(self._here.fileno())
        return there

    def hang_up(self) -> None:
        """Have the other end know that there is no more to do."""
        self.channel = None
        here, self._here = self._here, None
        if here is not None:
            self.pool.ends.discard(here)
            with contextlib.suppress(OSError):
                here.shutdown(socket.SHUT_RDWR)  # closing is not enough where a child of some library holds a copy
            here.close()

    def wait_until_ready(self) -> None:
        """
        Raises:
            Exception: what making it ready raised there; ``broken_class`` of the pool where it died of that.
        """
        assert self.channel is not None
        try:
            kind, value = self._receive(self.channel)
        except Closed:
            raise self._lost() from None
        if kind == far.RAISED:
            raise unpack_exception(value)

    def perform(self, work: Any) -> Any:
        kind, value = self._ask(far.CALL, work)
        if kind != far.RESULT:
            raise self.raised(value)
        return value

    def take_in(self, task: Message) -> None:
        """Have the other end load a task, with all the imports that takes.

        Raises:
            Exception: what that raised there.
        """
        kind, value = self._ask(far.TAKE_IN, task)
        if kind != far.RESULT:
            raise self.raised(value)

    def run_many(
        self, job: Job, items: Any, count: int, results: list[Any], failures: dict[int, BaseException]
    ) -> Callable[[], list[Any]] | None:
        whole, part = items
        rows = whole[part]  # of a range, a range
        try:
            number, function = self.pool.function_of(job)
            known = number == self._known
            request = pack((number, None if known else function, job.spread, rows, count), self.pool.reducers())
        except SendError as error:
            _fail_all(count, error, results, failures)
            return None
        except Exception:  # one of the items cannot be sent: which?
            self._run_each(job, rows, results, failures)
            return None
        try:
            kind, value = self._ask(far.CALLS, request)
        except self.pool.broken_class:
            raise
        except Exception as error:  # one of the results cannot be taken in: which?
            if count == 1:
                _fail_all(count, error, results, failures)
                return None
            kind, value = self._ask(far.AGAIN, pack(None))
        if kind == far.REFUSED:  # one of the items, or the function, cannot be taken in there
            self._run_each(job, rows, results, failures)
            return None
        self._known = number
        if kind == far.PLAIN:
            return value if callable(value) else lambda: value
        if kind == far.RESULTS:
            results.extend(value)
        elif kind == far.RAISED:
            _fail_all(count, self.raised(value), results, failures)
        elif kind == far.MIXED:
            there, raised = value
            before = len(results)
            failures.update((before + position, self.raised(error)) for position, error in raised.items())
            results.extend(there)
        else:
            self._add_each(value, results, failures)
        return None

    def _run_each(self, job: Job, rows: Iterable[Any], results: list[Any], failures: dict[int, BaseException]) -> None:
        for row in rows:
            result = None
            try:
                task: Task = (job.fn, row if job.spread else (row,), {})
                result = self.perform(pack_task(task, self.pool.reducers()))
            except self.pool.broken_class:
                raise
            except BaseException as error:
                failures[len(results)] = error
            results.append(result)

    def _add_each(
        self, answer: list[tuple[bool, bytes]], results: list[Any], failures: dict[int, BaseException]
    ) -> None:
        for is_fine, packed in answer:
            result = None
            try:
                if is_fine:
                    result = pickle.loads(packed)
                else:
                    failures[len(results)] = self.raised(packed)
            except BaseException as error:
                failures[len(results)] = error
            results.append(result)

    def _ask(self, kind: int, request: Message) -> tuple[int, Any]:
        channel = self.channel
        if channel is None:
            raise self._lost()
        self._is_asking = True
        try:
            channel.send(kind, request)
            return self._receive(channel)
        except Closed:
            self.channel = None
            raise self._lost() from None
        finally:
            self._is_asking = False

    def _receive(self, channel: Channel) -> tuple[int, Any]:
        kind, answer = channel.receive(far.load, later=far.PLAIN)
        if kind in (far.PLAIN, far.RESULTS):
            return kind, answer
        value, notes = answer
        for note in notes:
            self.told(note)
        return kind, value

    def told(self, note: object) -> None:
        """What the other end says besides (see ``far.notes``)."""

    def raised(self, packed: bytes) -> BaseException:
        """An exception that the other end sent."""
        return unpack_exception(packed)

    def _lost(self) -> Exception:
        message = f"{self.how_it_died()}; the pool cannot go on"
        self.pool.fail(message)
        return self.pool.broken_class(message)


def _fail_all(count: int, error: BaseException, results: list[Any], failures: dict[int, BaseException]) -> None:
    for _ in range(count):
        failures[len(results)] = error
        results.append(None)

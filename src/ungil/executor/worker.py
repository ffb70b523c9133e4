"""What runs tasks: a thread of a pool, or the thread that waits for them."""

from __future__ import annotations

import contextvars
import sys
import threading
from _queue import SimpleQueue
from _thread import get_ident
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from ungil.executor.future import Future
    from ungil.executor.mapping import Job
    from ungil.executor.pool import Pool

# A new thread starts with a copy of its starter's context, or with an empty one: so does what a waiter runs.
new_context: Callable[[], contextvars.Context] = (
    contextvars.copy_context if getattr(sys.flags, "thread_inherit_context", False) else contextvars.Context
)


class Worker:
    """A thread of a pool that carries tasks out itself; subclasses have them carried out elsewhere."""

    is_here = True
    """Whether tasks run in this thread."""
    target_s = 0.002
    """The time that a chunk of a ``map`` should take."""
    largest = 1 << 12
    """Items in a chunk: with that many, handing one out is lost in the noise even where a task does nothing."""

    def __init__(self, pool: Pool) -> None:
        # Not a lock, which without the GIL is spun on for forty `sched_yield()` before its waiter sleeps.
        self.call: SimpleQueue[None] = SimpleQueue()
        """Where a worker with nothing to do waits; who has something puts something in."""
        self.pool = pool
        self.item: Future | Job | None = None
        self.is_busy = False
        self.has_stand_in = False

    def prepare(self) -> None:
        """What has to be done before, by the thread that has something for it to do."""

    def open(self) -> None:
        """Make ready, in the thread that is going to be the worker; what this raises breaks the pool."""

    def close(self) -> None:
        """Put away what ``open`` made, as far as it came."""

    @property
    def is_available(self) -> bool:
        """Whether it can run a task within a task."""
        return True

    def perform(self, work: Any) -> Any:
        """The result of a task's work."""
        fn, args, kwargs = work
        return fn(*args, **kwargs)

    def run_many(
        self, job: Job, items: Iterator[Any], count: int, results: list[Any], failures: dict[int, BaseException]
    ) -> Callable[[], list[Any]] | None:
        """The job's function over the next items: adds the results, None for a failure, and before that the failure
        by its position among the results. Or returns what gives the results, for their consumer to call.

        This loop is what a task of nothing costs. For a function written in Python it is faster than
        ``list(map(…))``; and it knows where a failure was, and does not end at a task's StopIteration.
        """
        fn, spread = job.fn, job.spread
        rest = islice(items, count)
        try:
            while True:
                try:
                    if spread:
                        for args in rest:
                            results.append(fn(*args))
                    else:
                        for item in rest:
                            results.append(fn(item))
                    return None
                except BaseException as error:  # SystemExit and KeyboardInterrupt of a task are its outcome as well
                    if is_interrupt(error):
                        raise
                    failures[len(results)] = error
                    results.append(None)
        finally:
            # The traceback of a failure holds this frame.
            failures = item = args = None  # type: ignore[assignment]  # nothing uses them any more


class Helper(Worker):
    """A thread that runs a task because it waits for it."""

    is_busy = True
    has_stand_in = False
    item = None

    def __init__(self) -> None:
        pass  # without a place to wait at, which costs more than all the rest


HERE = Helper()
"""For who runs a task, or an item, and is not known to the pool (see ``Pool.step_in``)."""


def is_interrupt(error: BaseException) -> bool:
    """Whether this is the user's Ctrl-C, not a KeyboardInterrupt that the task raises as its outcome.

    Both pass through the task where it runs in the main thread. The signal's comes out of whatever line was
    running; the task's own out of a ``raise`` statement.
    """
    if not isinstance(error, KeyboardInterrupt) or get_ident() != threading.main_thread().ident:
        return False
    from opcode import opmap

    innermost: TracebackType | None = error.__traceback__
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    return innermost is None or innermost.tb_frame.f_code.co_code[innermost.tb_lasti] != opmap["RAISE_VARARGS"]

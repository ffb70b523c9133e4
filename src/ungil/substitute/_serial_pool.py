"""``multiprocessing.Pool`` in its caller (model ``serial``): a task runs when it is handed in.

A task that may have to wait for the program (which made a queue, an event or a pipe) runs in a thread that holds the
baton instead, so that the caller can go on while the task waits; else the caller runs it itself, and its signals work.
"""

from __future__ import annotations

import collections
import functools
import multiprocessing
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import pool as _multiprocessing_pool
from multiprocessing import util
from typing import Any

from ungil.substitute import _arguments, _baton, _guard, _notice, _pool, _process, _worker

_module: Any = _multiprocessing_pool
_real_next = _module.IMapIterator.next

Task = tuple[int, int, Callable[..., Any], Any, Any]


def bind() -> None:
    """Replace what of the library's pool starts threads or waits for them."""
    for name, method in (("__init__", _init), ("close", _close), ("join", _join)):
        setattr(_module.Pool, name, functools.wraps(getattr(_module.Pool, name))(method))
    _module.ApplyResult.ready = _ready
    _module.ApplyResult.wait = _wait
    _module.ApplyResult.get = _get
    _module.IMapIterator.next = _module.IMapIterator.__next__ = _next


def _init(
    self: Any,
    processes: int | None = None,
    initializer: Callable[..., object] | None = None,
    initargs: Any = (),
    maxtasksperchild: int | None = None,
    context: Any = None,
) -> None:
    self._pool, self._state = [], _module.INIT
    asked = processes
    self._ctx = context or multiprocessing.get_context()
    if processes is None:
        processes = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if processes < 1:
        raise ValueError("Number of processes must be at least 1")
    if maxtasksperchild is not None and (not isinstance(maxtasksperchild, int) or maxtasksperchild <= 0):
        raise ValueError("maxtasksperchild must be a positive int or None")
    if initializer is not None and not callable(initializer):
        raise TypeError("initializer must be a callable")
    self._processes, self._maxtasksperchild = processes, maxtasksperchild
    self._initializer, self._initargs = initializer, initargs
    self._cache = {}
    if not isinstance(self, _module.ThreadPool):
        _process.refuse_in_daemon()
        _pool.name_renewal(maxtasksperchild)
    _pool.tell(self, asked, initializer, "serial", workers=1)
    if initializer is not None:
        _pool.look(initializer)
        if processes > 1:
            what = f"the initializer runs in the one worker, not in each of {processes}"
            _notice.named("initializer", what)
    self._pool = _members(self, processes)
    self._taskqueue = Tasks(self)
    self._terminate = util.Finalize(self, self._taskqueue.terminate, exitpriority=15)
    self._state = _module.RUN


def _members(pool: Any, count: int) -> list[Any]:
    """The process objects of the workers it would have; the chunks of ``map`` depend on their number."""
    if isinstance(pool, _module.ThreadPool):
        return [None] * count
    members = []
    for _ in range(count):
        process = pool._ctx.Process()
        process.name = process.name.replace("Process", "PoolWorker")
        process.daemon = True
        process._popen = _process.Inside()
        members.append(process)
    return members


def _close(self: Any) -> None:
    if self._state == _module.RUN:
        self._state = _module.CLOSE


def _join(self: Any) -> None:
    if self._state == _module.RUN:
        raise ValueError("Pool is still running")
    if self._state == _module.CLOSE:
        self._taskqueue.finish()


class Tasks:
    """A pool's task queue: what is put there is done there and then."""

    def __init__(self, pool: Any) -> None:
        self._cache = pool._cache
        self._members = pool._pool
        self._initializer = pool._initializer
        self._initargs = pool._initargs
        self._worker: _worker.Worker | None = None
        self._hands: list[_Hand] = []
        self._backlog: collections.deque[Task] = collections.deque()
        self._feeds: list[Iterator[None]] = []
        self._seen: Any = None

    def put(self, item: Any) -> None:
        """One call of a pool's method: its tasks, and for ``imap`` whom to tell their number."""
        tasks, set_length = item
        if set_length is None:
            for task in tasks:
                self._do(task)
        else:
            results = set_length.__self__
            results._ungil_feed = self._feed(tasks, set_length)
            self._feeds.append(results._ungil_feed)

    def finish(self) -> None:
        """Do what nobody has asked for yet, wait for the rest, and have the workers end."""
        for feed in self._feeds:
            collections.deque(feed, 0)
        self._feeds.clear()
        for hand in self._hands:
            hand.stop()
        for hand in self._hands:
            hand.join()
        self._end()

    def terminate(self) -> None:
        """Leave what is not done undone."""
        self._feeds.clear()
        self._backlog.clear()
        for hand in self._hands:
            hand.abandon()
        self._end()

    def next_of_backlog(self) -> Task | None:
        """A task that waited for a worker to be free."""
        return self._backlog.popleft() if self._backlog else None

    def perform(self, task: Task) -> None:
        """Run a task in this thread, as its worker, and hand its result to whom it belongs."""
        job, index, function, args, kwargs = task
        began_s = time.monotonic()
        try:
            outcome = True, function(*args, **kwargs)
        except Exception as error:
            outcome = False, error
        except (SystemExit, _guard.Exit, _process.TerminatedError):
            # The worker process would be gone, and with it the task: nobody ever hears of it.
            _notice.named("worker-exit", "a task ends its worker: its result never comes", place_of=_place_of(function))
            return
        results = self._cache.get(job)
        if results is not None:
            results._ungil_took_s = time.monotonic() - began_s
            _worker.outside(results._set, index, outcome)

    def start_worker(self) -> None:
        """What a worker does before its first task."""
        if self._initializer is not None:
            self._initializer(*self._initargs)

    def _feed(self, tasks: Any, set_length: Callable[[int], None]) -> Iterator[None]:
        count = 0
        for task in tasks:
            self._do(task)
            count = task[1] + 1
            yield
        set_length(count)

    def _do(self, task: Task) -> None:
        self._look(task)
        if _baton.may_be_needed() or self._hands:
            self._hand_over(task)
        elif self._members[0] is None:  # a ThreadPool: its workers are the program itself
            self._start_inline(lambda start: start())
            self.perform(task)
        else:
            self._start_inline(functools.partial(_worker.inline, self._own_worker()))
            _worker.inline(self._own_worker(), self.perform, task)

    def _start_inline(self, run: Callable[[Callable[[], None]], None]) -> None:
        start, self._initializer = self._initializer, None
        if start is not None:
            run(functools.partial(start, *self._initargs))

    def _own_worker(self) -> _worker.Worker:
        if self._worker is None:
            self._worker = _worker.Worker(self._members[0], inline=True)
        return self._worker

    def _hand_over(self, task: Task) -> None:
        _baton.take_first()
        hand = next((hand for hand in self._hands if not hand.busy), None)
        if hand is None:
            if len(self._hands) == len(self._members):
                self._backlog.append(task)
                _baton.rest()
                return
            hand = _Hand(self, self._members[len(self._hands)])
            self._hands.append(hand)
        hand.take(task)
        _baton.rest()

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.flush()
        for member in self._members:
            if member is not None:
                member._popen.returncode = 0

    def _look(self, task: Task) -> None:
        own = _pool.own_function(task[2], task[3])
        if own is not self._seen and self._members[0] is not None:
            self._seen = own
            _pool.look(own)
            _arguments.look(own, _pool.first_arguments(task[2], task[3]))


class _Hand:
    """A worker thread that holds the baton while it runs a task."""

    def __init__(self, tasks: Tasks, process: Any) -> None:
        self.busy = False
        self._tasks = tasks
        self._inbox: queue.SimpleQueue[tuple[Task, _baton.Turn] | None] = queue.SimpleQueue()
        self._worker = None if process is None else _worker.Worker(process)
        self._thread = threading.Thread(target=self._run, name="MainThread", daemon=True)
        self._thread._ungil_worker = self._worker  # type: ignore[attr-defined]  # as `_worker` reads it
        self._thread.start()

    def take(self, task: Task) -> None:
        self.busy = True
        self._inbox.put((task, _baton.ticket()))

    def stop(self) -> None:
        """Have it end when it is done."""
        self._inbox.put(None)

    def join(self) -> None:
        _baton.without(self._thread.join)

    def abandon(self) -> None:
        """Have it end; what it is doing is lost."""
        self.stop()
        if self.busy and self._worker is not None:
            if not util.is_exiting():
                _notice.named("terminate", "Pool.terminate while a task runs: a thread can only be abandoned")
            self._worker.end()
        elif not self.busy:
            self.join()

    def _run(self) -> None:
        if self._worker is not None:
            _worker.enter(self._worker)
        is_new = True
        while (item := self._inbox.get()) is not None:
            task: Task | None = item[0]
            _baton.take(item[1])
            try:
                if is_new:
                    is_new = False
                    self._tasks.start_worker()
                while task is not None:
                    self._tasks.perform(task)
                    task = self._tasks.next_of_backlog()
            finally:
                self.busy = False
                _baton.give()
        if self._worker is not None:
            self._worker.flush()


def _ready(self: Any) -> bool:
    if not self._event.is_set():
        _baton.rest()
    is_ready: bool = self._event.is_set()
    return is_ready


def _wait(self: Any, timeout: float | None = None) -> None:
    if self._event.is_set():
        return
    if timeout is None and not _baton.takes_part() and threading.active_count() == 1:
        raise RuntimeError("this result never comes: its task has ended the worker, and a pool waits for it for ever")
    _baton.without(self._event.wait, timeout)


def _get(self: Any, timeout: float | None = None) -> Any:
    took_s = getattr(self, "_ungil_took_s", 0.0)
    if timeout is not None and took_s > timeout:
        # It is there because the program had to wait for it in apply_async(): elsewhere it would not be, yet.
        self._ungil_took_s = took_s - timeout
        _notice.named("timeout", f"a time limit of {timeout:g} s on a result: its task took longer, one at a time")
        raise _module.TimeoutError
    self.wait(timeout)
    if not self.ready():
        raise _module.TimeoutError
    if self._success:
        return self._value
    raise self._value


def _next(self: Any, timeout: float | None = None) -> Any:
    for _ in getattr(self, "_ungil_feed", ()):
        if self._items or self._index == self._length:
            break
    if not self._items and self._index != self._length:
        return _baton.without(_real_next, self, timeout)
    return _real_next(self, timeout)


def _place_of(function: Any) -> Any:
    return getattr(function, "__code__", None)

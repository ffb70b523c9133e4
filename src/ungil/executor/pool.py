"""The engine of every pool with workers: one queue, and threads that take from it.

A worker thread carries tasks out itself (``threads``), or has an interpreter or a process of its own carry them out
(see ``near``). What the standard library's pools do not survive, this one is made for: a task that waits for another
task of its pool, a submit that interrupts a submit (a signal handler, a finaliser), a fork.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
import weakref
from _queue import Empty
from _thread import RLock, get_ident
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from concurrent.futures._base import LOGGER
from typing import TYPE_CHECKING, Any

from ungil.executor.future import Future
from ungil.executor.worker import Helper, Worker, new_context

if TYPE_CHECKING:
    from ungil.executor.mapping import Job

CLOSED = "cannot schedule new futures after shutdown"
_DOZE_S = 0.001
_DOZES = 30
"""How long a worker dozes that was left without work by waiters, and how often before it sleeps."""
_AT_EXIT = "cannot schedule new futures after interpreter shutdown"
_FORKED = "this process is a fork of the one where the task was submitted, which has the worker"


class Pool:
    """At most ``max_workers`` tasks at a time, started in the order they come in.

    It is kept by its threads: whoever makes one has to shut it down.
    """

    broken_class: type[BrokenExecutor] = BrokenExecutor
    broken_message = "a worker's initializer failed, the pool is not usable anymore"
    broken_pending_message: str | None = None
    """For tasks that were under way; as ``broken_message`` if None."""

    is_here = True
    """Whether tasks run in its own threads; else a job has all workers started with it, as they take long."""

    def __init__(self, max_workers: int, thread_name_prefix: str, helping: bool) -> None:
        """``helping``: whether a thread that waits for a task may run it."""
        self.max_workers = max_workers
        self.threads: set[_WorkerThread] = set()
        self.broken: str | None = None
        self._name = thread_name_prefix or f"ungil-{_numbers()}"
        self._helping = helping
        self._forget_all()
        _pools.add(self)

    def _forget_all(self) -> None:
        # Re-entrant: a signal handler or a finaliser that submits may interrupt whoever holds it, at any bytecode.
        # So each statement under it has to leave things as the next one, and a whole submit in between, need them.
        self._lock = RLock()
        self._queue: deque[Future | Job] = deque()
        self._idle: list[Worker] = []
        self._by_ident: dict[int, Worker] = {}
        self.threads.clear()
        self._limit = self.max_workers
        self._running = 0  # workers with a task, and waiters that run one
        self._starting = 0
        self._names = 0
        # A worker that has been woken and has not looked at the queue yet: the next one is woken by it, when there
        # is more. Waking one per task costs ten times the task.
        self._waking = False
        # What came last was done by the thread that waited for it: then the next one is left to that one as well, as
        # long as a worker dozes that looks for itself before long. Waking one costs five times as much.
        self.is_left_alone = False
        self._dozing = 0
        self._refusal: Callable[[], Exception] | None = _refuse_at_exit if _exiting else None
        self.unread: set[Job] = set()
        """Jobs whose input has not been read to its end."""

    # --- work comes in

    # Here and in a few other places that a task of nothing goes through, a lock is acquired and released by hand: a
    # `with` costs twice as much. As the acquiring stands inside of the `try`, Ctrl-C right after it cannot leave the
    # lock held, as it can with a `with` (from 3.14 on); that it comes while waiting for the lock is what is excepted.

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Future:
        """Have ``fn(*args, **kwargs)`` carried out.

        Raises:
            RuntimeError: after ``shutdown``.
            BrokenExecutor: ``broken_class``, where the pool is broken.
        """
        future = Future(self, (fn, args, kwargs))
        # Where all workers are at work, nobody has to be woken and no lock taken. Each looks at the queue once more
        # after it has said that it is idle, and what is refused meanwhile is taken back out.
        if self._idle or len(self.threads) < self._limit or self._refusal is not None:
            self.push(future)
        else:
            self._queue.append(future)
            if self._idle or self._refusal is not None:
                self._look_after(future)
        return future

    def _look_after(self, future: Future) -> None:
        """Things have changed while a task was put into the queue."""
        with self._lock:
            refusal = self._refusal
            if refusal is not None:
                try:
                    self._queue.remove(future)
                except ValueError:  # a worker has taken it
                    refusal = None
            wake = self._reinforce() if self._queue else None
        if wake is not None:
            wake(None)
        if refusal is not None:
            raise refusal()

    def push(self, item: Future | Job, prepare: Callable[[], None] | None = None) -> None:
        """Put a task or a job into the queue; ``prepare`` is called first, if it can be.

        Raises:
            RuntimeError, BrokenExecutor: as ``submit``.
        """
        lock = self._lock
        try:
            lock.acquire()
            if self._refusal is not None:
                raise self._refusal()
            if prepare is not None:
                prepare()
            self._queue.append(item)
            wake = None
            if self.is_left_alone and self._dozing and item.is_few and len(self._queue) == 1:
                pass
            elif not self._waking and (self._idle or len(self.threads) < self._limit):
                wake = self._reinforce()
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass
        if wake is not None:
            wake(None)
            if not self.is_here and item.is_job:
                self._start_more(item)

    def check(self) -> None:
        """
        Raises:
            RuntimeError, BrokenExecutor: as ``submit``, where it would.
        """
        if self._refusal is not None:
            raise self._refusal()

    def push_first(self, job: Job) -> None:
        """Put a job back to where it was, whatever has become of the pool since."""
        with self._lock:
            self._queue.appendleft(job)
            wake = self._reinforce()
        if wake is not None:
            wake(None)

    def _start_more(self, job: Any) -> None:
        for _ in range(min(self.max_workers, job.width) - 1):
            with self._lock:
                if self._idle or len(self.threads) >= self._limit or not self._queue:
                    return
                start = self._recruit()
            start(None)

    def _reinforce(self) -> Callable[[None], object] | None:
        """Under the lock: what has to be called, after it, for somebody to come and look at the queue."""
        if self._idle:
            if not self._waking:
                self._waking = True
                try:
                    return self._idle.pop().call.put
                except IndexError:  # a submit in between has woken it
                    pass
        elif self._starting < len(self._queue) and len(self.threads) < self._limit:
            return self._recruit()
        return None

    def _recruit(self) -> Callable[[None], None]:
        worker = self.make_worker()
        name = f"{self._name}_{self._names}"
        self._names += 1
        thread = _WorkerThread(target=self._work, args=(worker,), name=name)
        self.threads.add(thread)
        self._starting += 1

        def start(_: None) -> None:
            try:
                worker.prepare()
                thread.start()
            except Exception as error:  # no more threads or processes: a limit, or the interpreter is ending
                worker.close()
                self._not_started(thread, error)

        return start

    def _not_started(self, thread: _WorkerThread, error: Exception) -> None:
        with self._lock:
            self.threads.discard(thread)
            self._starting -= 1
            dropped = [] if self.threads else self._drain()
        thread.settled.set()
        for item in dropped:  # else the workers there are will come to it
            item.fail(error)

    def make_worker(self) -> Worker:
        """A worker that is not open yet."""
        return Worker(self)

    # --- workers

    def _work(self, worker: Worker) -> None:
        threading.current_thread().settled.set()  # type: ignore[attr-defined]  # a _WorkerThread
        ident = get_ident()
        self._by_ident[ident] = worker
        try:
            if self._open(worker):
                while (item := self._next(worker)) is not None:
                    while item is not None:
                        worker.item = item
                        item.run(worker)
                        worker.item = item = None
                        item = self._next_future(worker)
        except BaseException as error:  # a fault of ours: nobody is to wait for ever
            LOGGER.critical("Exception in worker", exc_info=True)
            self.fail(f"a worker failed: {error!r}")
        finally:
            self._by_ident.pop(ident, None)
            worker.close()

    def _open(self, worker: Worker) -> bool:
        try:
            worker.open()
        except BaseException as error:
            if isinstance(error, self.broken_class):
                self.fail(str(error))
            else:
                LOGGER.critical("Exception in initializer:", exc_info=True)
                self.fail(self.broken_message, self.broken_pending_message)
        finally:
            with self._lock:
                self._starting -= 1
        return self.broken is None

    def _next_future(self, worker: Worker) -> Future | None:
        """The task to go on with, if there is one and that is all there is to be seen to: without the lock."""
        queue = self._queue
        if not queue or worker.has_stand_in or self._running > self._limit or self._idle:
            return None
        try:
            if queue[0].is_job:
                return None
            item: Any = queue.popleft()
        except IndexError:  # another worker has taken it
            return None
        if not item.is_job:
            return item  # type: ignore[no-any-return]  # a future: its class says so
        self.push_first(item)  # it was not the first when it was looked at
        return None

    def _next(self, worker: Worker) -> Future | Job | None:
        """What to do next; waits for it. None: there will be no more."""
        lock = self._lock
        queue = self._queue
        dozes = 0
        was_idle = was_dozing = False  # before it came here again
        while True:
            item = wake = None
            try:
                lock.acquire()
                if was_dozing:
                    self._dozing -= 1
                if was_idle:
                    if worker in self._idle:  # it comes by itself, or by a call from when it had
                        self._idle.remove(worker)
                    else:
                        self._waking = False
                was_idle = was_dozing = False
                if worker.is_busy:
                    worker.is_busy = False
                    self._running -= 1
                    if worker.has_stand_in:
                        worker.has_stand_in = False
                        self._limit -= 1
                while self._running < self._limit:
                    try:
                        item = queue.popleft()
                    except IndexError:
                        break
                    if item.is_job:
                        if item.is_claimed:
                            item = None
                            continue
                        queue.appendleft(item)
                    worker.is_busy = True
                    self._running += 1
                    self.is_left_alone = False
                    if queue and not self._waking:
                        wake = self._reinforce()
                    break
                if item is None:
                    if len(self.threads) > self._limit:
                        self.threads.discard(threading.current_thread())
                        return None
                    if self._refusal is not None and not queue:
                        return None
                    self._idle.append(worker)
                    if queue and self._running < self._limit:
                        self._idle.remove(worker)
                        continue
                    was_dozing = self.is_left_alone and dozes < _DOZES
                    if was_dozing:
                        self._dozing += 1
            finally:
                try:
                    lock.release()
                except RuntimeError:
                    pass
            if item is not None:
                if wake is not None:
                    wake(None)
                return item
            was_idle = True
            try:
                worker.call.get(timeout=_DOZE_S if was_dozing else None)
            except Empty:
                dozes += 1

    # --- waiters

    def help(self, future: Future, timeout: float | None) -> None:
        """Run a task that this thread is about to wait for, where that is right.

        A worker always may: its pool might have nobody else to run it. Others may where the pool lets them, and only
        what would be started next: tasks are started in order, at most ``max_workers`` at a time.
        """
        ident = get_ident()
        worker = self._by_ident.get(ident)
        try:
            if worker is not None:
                if timeout is None and worker.is_available:
                    new_context().run(future.run, worker)
                else:
                    self.stand_in()
            elif timeout is None and (helper := self.start_helping(future)) is not None:
                try:
                    new_context().run(future.run, helper)
                    self.is_left_alone = True
                finally:
                    self.stop_helping()
            elif self._dozing:
                self.rouse()
        finally:
            future = None  # type: ignore[assignment]  # a failure's traceback holds this frame

    def rouse(self) -> None:
        """Have a worker come, where one was left to doze: somebody is about to sleep until something is done."""
        with self._lock:
            wake = self._reinforce() if self._queue and self._dozing else None
        if wake is not None:
            wake(None)

    def _pop(self, item: Future | Job) -> bool:
        """Take this out of the queue, if it is the first: workers take theirs without the lock."""
        queue = self._queue
        try:
            if queue[0] is not item:
                return False
            first = queue.popleft()
        except IndexError:
            return False
        if first is not item:
            queue.appendleft(first)
        return first is item

    def start_helping(self, future: Future) -> Worker | None:
        """What the running thread is to run a task as; None where it may not. ``stop_helping`` has to follow."""
        if not self._helping or ("asyncio.events" in sys.modules and _in_event_loop()):
            return None
        lock = self._lock
        try:
            lock.acquire()
            if self._running >= self._limit or self.broken or not self._pop(future):
                return None
            self._running += 1
            # From here on it is a worker: what it runs may wait for others of the pool.
            helper = self._by_ident[get_ident()] = Helper()
            return helper
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass

    def stop_helping(self) -> None:
        """The running thread is a worker no more."""
        lock = self._lock
        wake = None
        try:
            lock.acquire()
            helper = self._by_ident.pop(get_ident(), None)
            if helper is None:
                return  # in a forked child
            was_full = self._running >= self._limit
            self._running -= 1
            if helper.has_stand_in:
                self._limit -= 1
            if was_full and self._queue:
                wake = self._reinforce()
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass
        if wake is not None:
            wake(None)

    def step_in(self, item: Future | Job) -> object:
        """Whether the running thread may run the task, or the next item of the job, that it waits for, because no
        worker has come.

        What is not None has to be given to ``step_out``. Unlike a helper it is no worker, which costs half as much: at
        least one other thread is left for what the task may wait for.
        """
        if self._running or self._limit < 2 or not self._helping:
            return None
        if "asyncio.events" in sys.modules and _in_event_loop():
            return None
        lock = self._lock
        try:
            lock.acquire()
            queue = self._queue
            if self._running or self.broken or not queue or queue[0] is not item:
                return None
            if not item.is_job:
                queue.popleft()  # as no worker runs anything, nobody else does that
            self._running = 1
            return lock
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass

    def step_out(self, place: object) -> None:
        """It has been run."""
        lock = self._lock
        if lock is not place:
            return  # in a forked child
        wake = None
        try:
            lock.acquire()
            self._running -= 1
            if self._running + 1 >= self._limit and self._queue:
                wake = self._reinforce()
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass
        if wake is not None:
            wake(None)

    def discard(self, job: Job) -> None:
        """It has nothing left to do, and need not be looked at by a worker for that to be known."""
        with self._lock:
            self._pop(job)

    def all_workers(self) -> list[Worker]:
        """The workers there are."""
        return list(self._by_ident.values())

    def own_worker(self) -> Worker | None:
        """The worker of this pool that the running thread is."""
        return self._by_ident.get(get_ident())

    def stand_in(self) -> None:
        """Where a worker is about to wait for others of its pool, have one more in its place."""
        worker = self._by_ident.get(get_ident())
        if worker is None or worker.has_stand_in or not worker.is_busy:
            return
        with self._lock:
            worker.has_stand_in = True
            self._limit += 1
            wake = self._reinforce() if self._queue else None
        if wake is not None:
            wake(None)

    # --- the end

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more; have what is there done, or dropped."""
        for job in list(self.unread):
            if cancel_futures:
                job.drop()
            else:
                job.read_rest()
        for item in self._close(_refuse_closed, dropping=cancel_futures):
            item.drop()
        if wait:
            self.join()

    def join(self) -> None:
        """Wait until all workers have ended; a worker does not wait for itself, nor anybody for one that he is just
        starting (in a signal handler, that is).
        """
        waited_for: set[threading.Thread] = {threading.current_thread()}
        while left := [each for each in list(self.threads) if each not in waited_for]:
            for thread in left:  # which may have called in another one
                waited_for.add(thread)
                if thread.starter != get_ident() or thread.settled.is_set():
                    thread.settled.wait()
                    if thread.ident is not None:
                        thread.join()

    def fail(self, message: str, pending_message: str | None = None) -> None:
        """Break the pool: what waits fails, and nothing more is taken."""
        broken_class = self.broken_class
        with self._lock:
            if self.broken is not None:
                return
            self.broken = message
            self._refusal = lambda: broken_class(message)
        for item in self._close(self._refusal, dropping=True):
            item.fail(broken_class(pending_message or message))  # one each: its traceback is its waiter's

    def finish(self) -> None:
        """At the end of the interpreter."""
        self._close(_refuse_at_exit, dropping=False)
        self.join()

    def _close(self, refusal: Callable[[], Exception], *, dropping: bool) -> list[Future | Job]:
        """Refuse what comes from here on, and let the workers go; what was dropped from the queue."""
        dropped: list[Future | Job] = []
        with self._lock:
            if self._refusal is None:
                self._refusal = refusal
            if dropping:
                dropped = self._drain()
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.call.put(None)
        return dropped

    def _drain(self) -> list[Future | Job]:
        """All that is in the queue, each taken out by itself: tasks come and go without the lock meanwhile."""
        drained: list[Future | Job] = []
        with contextlib.suppress(IndexError):
            while True:
                drained.append(self._queue.popleft())
        return drained

    def forget(self) -> None:
        """In a forked child: start anew, without the threads and the tasks of the parent."""
        workers = self.all_workers()
        items: list[Any] = [*self._queue, *(worker.item for worker in workers)]
        for worker in workers:
            worker.is_busy = worker.has_stand_in = False  # if one of them is this thread
        refusal = self._refusal
        self._forget_all()
        self._refusal = refusal
        for item in items:
            if item is not None:
                item.forget(BrokenExecutor(_FORKED))


class _WorkerThread(threading.Thread):
    """A thread that others may wait for while it is still being started."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.starter = get_ident()
        self.settled = threading.Event()
        """It runs, or never will."""


def _refuse_closed() -> Exception:
    return RuntimeError(CLOSED)


def _refuse_at_exit() -> Exception:
    return RuntimeError(_AT_EXIT)


def _in_event_loop() -> bool:
    return sys.modules["asyncio.events"]._get_running_loop() is not None


_exiting = False
_numbers = itertools.count().__next__
_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def at_exit() -> None:
    """Have all pools finish, and refuse what comes later."""
    global _exiting
    _exiting = True
    for pool in list(_pools):
        pool.finish()


def _after_fork() -> None:
    for pool in list(_pools):
        pool.forget()


# Before non-daemon threads are joined, as concurrent.futures has it (atexit is after).
threading._register_atexit(at_exit)  # type: ignore[attr-defined]  # private, and the only way
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

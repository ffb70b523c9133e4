"""What a program sees of its primitives, and what a watcher is told of them.

Run as a program by the interpreter under test:

``syncing.py behave``         every primitive tried, nothing watched: a JSON object of what each gave
``syncing.py behave watched`` the same, watched: it is to be the very same
``syncing.py told``           a JSON object of the checks of what the watcher is told that failed
``syncing.py unittest …``     the interpreter's own tests, watched, with the arguments of ``unittest``
"""

from __future__ import annotations

import json
import queue
import re
import sys
import threading
import traceback
from _thread import get_ident
from typing import Any

# What the program imports before it is watched is as good as what it imports later: these two are, the others are not.

PATIENCE_S = 60
"""Only ever reached where something hangs."""
SHORT_S = 0.05


class Recorder:
    """A watcher that does as it is asked, and remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def _note(self, *event: Any) -> None:
        self.events.append((*event, get_ident()))

    def acquire(self, lock: Any, original: Any, blocking: bool, timeout: float) -> bool:
        self._note("acquire", lock, blocking, timeout)
        got: bool = original(blocking, timeout)
        self._note("acquired" if got else "not acquired", lock)
        return got

    def release(self, lock: Any, original: Any) -> None:
        self._note("release", lock)
        original()

    def suspend(self, lock: Any, original: Any) -> Any:
        self._note("suspend", lock)
        return original()

    def resume(self, lock: Any, original: Any, state: Any) -> None:
        original(state)
        self._note("resume", lock)

    def out(self, thing: Any) -> None:
        self._note("out", thing)

    def into(self, thing: Any) -> None:
        self._note("into", thing)

    def waits(self, kind: str, thing: Any, timeout: float | None) -> None:
        self._note("waits", kind, thing, timeout)

    def woke(self, kind: str, thing: Any) -> None:
        self._note("woke", kind, thing)

    def thread_begins(self, thread: Any) -> None:
        self._note("begins", thread)

    def thread_ends(self, thread: Any) -> None:
        self._note("ends", thread)


def watch() -> Recorder:
    from ungil.race.inside import sync
    from ungil.race.inside.waiting import Waits

    recorder = Recorder()
    sync.install(recorder, Waits(found.append))
    return recorder


found: list[dict[str, Any]] = []
"""What ``Waits`` found: nothing here is stuck."""


def of(call: Any, *args: Any, **kwargs: Any) -> Any:
    """What a call gives: its value, or its error in words."""
    try:
        value = call(*args, **kwargs)
    except BaseException as error:
        return [type(error).__name__, *(re.sub("0x[0-9a-f]+", "0x", str(each)) for each in error.args)]
    return value if value is None or isinstance(value, (bool, int, str, list)) else type(value).__name__


def kind_of(call: Any, *args: Any, **kwargs: Any) -> Any:
    """The same, but of an error only its class: the words of the interpreter's own argument errors vary."""
    value = of(call, *args, **kwargs)
    return value[0] if isinstance(value, list) else value


def in_thread(call: Any, *args: Any) -> Any:
    values: list[Any] = []
    thread = threading.Thread(target=lambda: values.append(of(call, *args)))
    thread.start()
    thread.join(PATIENCE_S)
    return values[0] if values else "hangs"


# --- behaviour


def behave_lock() -> Any:
    lock = threading.Lock()
    weak = __import__("weakref").ref(lock)
    values = [
        of(lock.release),
        of(lock.acquire),
        lock.locked(),
        of(lock.acquire, False),
        of(lock.acquire, 0),
        of(lock.acquire, blocking=False),
        of(lock.acquire, True, SHORT_S),
        of(lock.acquire, timeout=SHORT_S),
        of(lock.acquire, timeout=0),
        of(lock.acquire, False, 1),
        of(lock.acquire, True, -2),
        kind_of(lock.acquire, True, None),
        kind_of(lock.acquire, True, "1"),
        kind_of(lock.acquire, True, float("nan")),
        kind_of(lock.acquire, timeout=1e100),
        kind_of(lock.acquire, 1, 2, 3),
        kind_of(lock.acquire, spam=1),
        in_thread(lock.acquire, False),
        in_thread(lock.release),
        lock.locked(),
        of(lock.__enter__),
        kind_of(lock.__exit__, None, None, None),
        of(lock.__exit__, None, None, None),
        lock.locked(),
        weak() is lock,
        isinstance(lock, type(threading.Lock())),
        type(lock).__name__,
        kind_of(__import__("pickle").dumps, lock),
        kind_of(__import__("copy").copy, lock),
        kind_of(type(lock)),
    ]
    with lock as entered:
        values += [entered, repr(lock).split(" at ")[0]]
    return [*values, lock.locked(), lock.acquire.__name__, bool(lock.acquire.__doc__), hasattr(lock, "_release_save")]


def behave_timeouts_of_other_types() -> Any:
    class Two:
        def __index__(self) -> int:
            return 0

    lock = threading.Lock()
    return [
        kind_of(lock.acquire, True, Two()),
        lock.locked(),
        kind_of(lock.acquire, True, Two()),
        kind_of(lock.release),
        kind_of(lock.release),
        kind_of(lock.acquire, True, True),
        kind_of(lock.release),
        kind_of(lock.acquire, True, -1.0),
    ]


def behave_rlock() -> Any:
    lock = threading.RLock()
    values = [
        of(lock.release),
        of(lock.acquire),
        of(lock.acquire, False),
        of(lock.acquire, True, 1),
        in_thread(lock.acquire, False),
        in_thread(lock.acquire, True, SHORT_S),
        in_thread(lock.release),
        of(lock.release),
        in_thread(lock.acquire, False),
        of(lock.release),
        of(lock.release),
        in_thread(lock.acquire, False),
        of(lock.acquire, False, 1),
        kind_of(lock.acquire, True, None),
        of(lock._is_owned),
        repr(lock).split(" ")[0],
    ]
    lock = threading.RLock()
    with lock, lock:
        values.append(in_thread(lock.acquire, False))
    values.append(in_thread(lambda: lock.acquire(False) and lock.release()))

    class Sub(type(lock)):  # type: ignore[misc]  # that is the test
        def acquire(self, *args: Any) -> Any:
            return super().acquire(*args)

    sub = Sub()
    return [*values, of(sub.acquire), in_thread(sub.acquire, False), of(sub.release), isinstance(sub, type(lock))]


def behave_python_rlock() -> Any:
    lock = threading._PyRLock()  # type: ignore[attr-defined]  # private, and in every version
    values = [of(lock.release), bool(lock.acquire()), bool(lock.acquire()), in_thread(lock.release), of(lock.release)]
    condition = threading.Condition(lock)
    with condition:
        values.append(of(condition.wait, SHORT_S))
    return [*values, in_thread(lock.acquire, False), of(lock.release), in_thread(lock.acquire, False)]


def behave_conditions() -> Any:
    values: list[Any] = []
    for lock in (None, threading.Lock(), threading.RLock(), Custom()):
        condition = threading.Condition(lock)
        values += [of(condition.wait), of(condition.notify), of(condition.notify_all), of(condition.release)]
        with condition as entered:
            values += [bool(entered), of(condition.wait, SHORT_S), of(condition.wait, timeout=0), of(condition.notify)]
            values += [of(condition.wait_for, lambda: 3), of(condition.wait_for, lambda: 0, SHORT_S)]
            values += [of(condition.wait_for, lambda: 1 / 0)]
        values.append(of(condition.release))
        items: list[int] = []
        done: list[Any] = []

        def consume(condition: Any = condition, items: Any = items, done: Any = done) -> None:
            with condition:
                done.append(condition.wait_for(lambda: len(items) > 1, PATIENCE_S))
                done.append(condition.wait(PATIENCE_S))

        thread = threading.Thread(target=consume)
        thread.start()
        for item in range(2):
            with condition:
                items.append(item)
                condition.notify_all()
        while thread.is_alive():
            with condition:
                condition.notify(1)
        thread.join()
        values.append(done)
    deep = threading.Condition()
    with deep, deep:
        values += [of(deep.wait, SHORT_S), in_thread(deep.acquire, False)]
    values.append(in_thread(lambda: deep.acquire(False)))
    return values


class Custom:
    """A lock as only the program knows it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def acquire(self, *args: Any) -> bool:
        return self.lock.acquire(*args)

    def release(self) -> None:
        self.lock.release()

    def locked(self) -> bool:
        return self.lock.locked()

    def __enter__(self) -> bool:
        return self.lock.__enter__()

    def __exit__(self, *args: Any) -> None:
        self.lock.__exit__(*args)


def behave_events() -> Any:
    event = threading.Event()
    values = [event.is_set(), of(event.wait, SHORT_S), of(event.wait, 0), of(event.wait, timeout=-1)]
    values += [of(event.set), event.is_set(), of(event.wait), in_thread(event.wait), of(event.clear), of(event.wait, 0)]
    threading.Timer(SHORT_S, event.set).start()
    values.append(of(event.wait, PATIENCE_S))

    class Sub(threading.Event):
        def set(self) -> None:
            values.append("set")
            super().set()

    sub = Sub()
    sub.set()
    return [*values, of(sub.wait), kind_of(event.wait, "1") if not event.clear() else None]


def behave_semaphores() -> Any:
    values: list[Any] = [of(threading.Semaphore, -1)]
    for kind in (threading.Semaphore, threading.BoundedSemaphore):
        semaphore = kind(2)
        values += [of(semaphore.acquire), of(semaphore.acquire, False), of(semaphore.acquire, False)]
        values += [
            of(semaphore.acquire, True, SHORT_S),
            of(semaphore.acquire, timeout=0),
            of(semaphore.acquire, False, 1),
        ]
        values += [of(semaphore.release), of(semaphore.release, 0), of(semaphore.release), of(semaphore.release, 2)]
        semaphore = kind(1)
        with semaphore as entered:
            values += [bool(entered), in_thread(semaphore.acquire, False)]
        values += [in_thread(semaphore.acquire, False), semaphore._value, of(kind(1).release)]  # type: ignore[attr-defined]  # private
    return values


def behave_barriers() -> Any:
    values: list[Any] = [of(threading.Barrier, 0)]
    ran: list[int] = []
    barrier = threading.Barrier(2, action=lambda: ran.append(1))
    for _ in range(3):
        indices = [0, 0]

        def arrive(indices: Any = indices) -> None:
            indices[0] = barrier.wait(PATIENCE_S)

        thread = threading.Thread(target=arrive)
        thread.start()
        indices[1] = barrier.wait(PATIENCE_S)
        thread.join()
        values.append(sorted(indices))
    values += [ran, of(barrier.wait, SHORT_S), barrier.broken, of(barrier.wait), of(barrier.reset), barrier.broken]
    values += [of(barrier.abort), of(barrier.wait), barrier.n_waiting]
    failing = threading.Barrier(1, action=lambda: 1 / 0)
    values += [of(failing.wait), failing.broken]
    timed = threading.Barrier(2, timeout=SHORT_S)
    return [*values, of(timed.wait), timed.broken, of(threading.Barrier(1).wait)]


def behave_queues() -> Any:
    values: list[Any] = []
    for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue):
        q: Any = kind(2)
        values += [of(q.get, False), of(q.get_nowait), of(q.get, True, SHORT_S), of(q.get, timeout=-1), of(q.task_done)]
        values += [
            of(q.put, 1),
            of(q.put, 2, False),
            of(q.put, 3, False),
            of(q.put_nowait, 3),
            of(q.put, 3, True, SHORT_S),
        ]
        values += [of(q.put, 3, timeout=-1), q.full(), q.qsize(), of(q.get), of(q.get, True), q.empty()]
        values += [of(q.task_done), of(q.task_done), of(q.join), of(q.task_done)]
        got: list[int] = []

        def consume(q: Any = q, got: Any = got) -> None:
            for _ in range(50):
                got.append(q.get())
                q.task_done()

        thread = threading.Thread(target=consume)
        thread.start()
        for item in range(50):
            q.put(item)
        q.join()
        thread.join()
        values.append(sorted(got) == list(range(50)))
        if hasattr(q, "shutdown"):
            values += [of(q.shutdown), of(q.put, 1), of(q.get), of(q.get_nowait)]
    return values


def behave_simple_queues() -> Any:
    q: Any = queue.SimpleQueue()
    values = [of(q.get, False), of(q.get_nowait), of(q.get, True, SHORT_S), of(q.get, timeout=-1), kind_of(q.put)]
    values += [of(q.put, 1), of(q.put, 2, False), of(q.put, 3, timeout=-1), of(q.put_nowait, 4), q.qsize(), q.empty()]
    values += [of(q.get), of(q.get, block=True), of(q.get, True, 5), of(q.get_nowait), kind_of(q.get, True, "a")]
    threading.Timer(SHORT_S, q.put, ("late",)).start()
    values.append(of(q.get))

    class Sub(queue.SimpleQueue):  # type: ignore[type-arg]  # a class of C
        pass

    sub = Sub()
    sub.put("sub")
    error: Any = None
    try:
        sub.get()
        sub.get(timeout=SHORT_S)
    except queue.Empty as caught:
        error = caught
    return [*values, error.__context__ is None, kind_of(queue.SimpleQueue.__class_getitem__, int)]


def behave_threads() -> Any:
    values: list[Any] = []
    thread = threading.Thread(target=int)
    values += [
        of(thread.join),
        thread.is_alive(),
        of(thread.start),
        of(thread.join),
        of(thread.start),
        thread.is_alive(),
    ]
    values += [of(thread.join, 0), of(thread.join, timeout=-1), of(thread.join, None)]
    values += [of(threading.current_thread().join)[0]]

    class Sub(threading.Thread):
        def __init__(self) -> None:
            super().__init__(name="sub", daemon=True)

        def run(self) -> None:
            values.append([self.name, self.daemon, threading.current_thread() is self, "run" in vars(self)])

    sub = Sub()
    sub.start()
    sub.join()

    class Bare(threading.Thread):
        def __init__(self) -> None:
            pass

    values += [of(Bare().start), of(Bare().join), of(Bare().is_alive)]
    own = threading.Thread()
    own.run = lambda: values.append("own run")  # type: ignore[method-assign]  # as programs do
    own.start()
    own.join()
    values.append("run" in vars(own))
    slow = threading.Thread(target=threading.Event().wait, args=(4 * SHORT_S,))
    slow.start()
    values += [of(slow.join, SHORT_S / 5), slow.is_alive(), of(slow.join), slow.is_alive()]
    cancelled = threading.Timer(PATIENCE_S, values.append, ["never"])
    cancelled.start()
    cancelled.cancel()
    cancelled.join()
    timer = threading.Timer(SHORT_S, values.append, ["timer"])
    timer.start()
    timer.join()
    return values


def behave_uncaught() -> Any:
    """Tracebacks have the frames they had."""
    lines: list[Any] = []

    def hook(args: Any) -> None:
        lines.append([args.exc_type.__name__, args.thread.name])
        lines.append([frame.name for frame in traceback.extract_tb(args.exc_traceback)])

    before, threading.excepthook = threading.excepthook, hook

    def fail() -> None:
        raise ValueError("so")

    class Sub(threading.Thread):
        def run(self) -> None:
            fail()

    calls: list[Any] = [threading.Thread(name="uncaught", target=fail), Sub(name="sub")]
    try:
        for thread in calls:
            thread.start()
            thread.join()
    finally:
        threading.excepthook = before
    q: Any = queue.Queue()
    for call in (lambda: q.get(False), lambda: q.get(True, 0.01), threading.Lock().release, threading.RLock().release):
        try:
            call()
        except Exception as error:
            names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
            lines.append([type(error).__name__, names, type(error.__context__).__name__])
    return lines


def behave_bare_threads() -> Any:
    import _thread

    done = _thread.allocate_lock()
    done.acquire()
    values: list[Any] = []

    def work(*args: Any, **kwargs: Any) -> None:
        values.append([list(args), kwargs, len(threading.enumerate())])
        done.release()

    for arguments in (((1, 2),), ((1,), {"b": 2})):
        values.append(_thread.start_new_thread(work, *arguments) > 0)
        done.acquire()
    unraisable: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda args: unraisable.append(args)

    def fail() -> None:
        try:
            raise ValueError("so")
        finally:
            done.release()

    def leave() -> None:
        done.release()
        _thread.exit()

    try:
        for call in (fail, leave):
            _thread.start_new_thread(call, ())
            done.acquire()
        deadline = 200
        while not unraisable and deadline:
            threading.Event().wait(SHORT_S)
            deadline -= 1
    finally:
        sys.unraisablehook = before
    for args in unraisable:
        values.append([args.exc_type.__name__, [frame.name for frame in traceback.extract_tb(args.exc_traceback)]])
    values += [kind_of(_thread.start_new_thread, 1, ()), kind_of(_thread.start_new_thread, work, 1)]
    values += [kind_of(_thread.start_new_thread), kind_of(_thread.start_new_thread, work)]
    values += [kind_of(_thread.start_new_thread, work, (), 1)]
    if hasattr(_thread, "start_joinable_thread"):
        handle = _thread.start_joinable_thread(lambda: values.append("joinable"), daemon=False)
        values += [of(handle.join), of(handle.join, 1), handle.is_done(), kind_of(_thread.start_joinable_thread, 1)]
    return values


def behave_futures() -> Any:
    import concurrent.futures as cf

    values: list[Any] = []
    future: Any = cf.Future()
    values += [
        of(future.result, SHORT_S),
        of(future.exception, 0),
        future.done(),
        future.cancelled(),
        of(future.cancel),
    ]
    values += [of(future.result), of(future.exception), future.cancelled(), of(future.set_result, 1)]
    future = cf.Future()
    called: list[Any] = []
    values += [of(future.add_done_callback, lambda f: called.append(f is future)), of(future.set_result, 5)]
    values += [of(future.result), of(future.exception), of(future.set_result, 6), of(future.cancel), list(called)]
    values += [of(future.add_done_callback, called.append) is None and len(called)]
    future = cf.Future()
    future.set_exception(KeyError("k"))
    values += [of(future.result), kind_of(future.exception)]
    with cf.ThreadPoolExecutor(2) as pool:
        values += [list(pool.map(abs, (-1, -2, -3))), of(pool.submit(divmod, 1, 0).result), of(pool.submit(int).result)]
        values += [of(pool.submit), of(lambda: list(pool.map(lambda x: 1 / x, (1, 0))))]
        futures = [pool.submit(pow, 2, i) for i in range(20)]
        values.append(sorted(f.result() for f in cf.as_completed(futures)))
        done, rest = cf.wait(iter(futures), timeout=PATIENCE_S)
        values += [len(done), len(rest), of(cf.wait, [cf.Future()], SHORT_S), of(cf.wait, futures, None, "spam")]
        values += [kind_of(cf.wait, 3), kind_of(cf.wait), kind_of(cf.as_completed), kind_of(next, cf.as_completed(3))]  # type: ignore[arg-type]  # that is the error
        values += [of(lambda: list(cf.as_completed([cf.Future()], SHORT_S)))]
        first = cf.wait([cf.Future(), pool.submit(int)], return_when=cf.FIRST_COMPLETED)
        values.append([len(first.done), len(first.not_done)])
    values += [of(pool.submit, int), of(cf.ThreadPoolExecutor, 0)]

    def fail() -> None:
        raise RuntimeError("no start")

    import logging

    logging.disable(logging.CRITICAL)
    with cf.ThreadPoolExecutor(1, initializer=fail) as broken:
        values += [kind_of(broken.submit(int).result), kind_of(broken.submit, int)]
    logging.disable(logging.NOTSET)

    def deep() -> None:
        raise ValueError("deep")

    with cf.ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(deep).result()
        except ValueError as error:
            values.append([frame.name for frame in traceback.extract_tb(error.__traceback__)])
    return values


def behave_asyncio() -> Any:
    import asyncio

    values: list[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        values.append(await asyncio.to_thread(divmod, 7, 2) == (3, 1))
        values.append(await loop.run_in_executor(None, abs, -3))
        arrived = asyncio.Event()
        threading.Thread(target=lambda: loop.call_soon_threadsafe(arrived.set)).start()
        await asyncio.wait_for(arrived.wait(), PATIENCE_S)

        async def answer() -> int:
            return 42

        values.append(
            await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(answer(), loop).result(PATIENCE_S))
        )

    for debug in (False, True):
        asyncio.run(main(), debug=debug)
    loop = asyncio.new_event_loop()
    loop.close()
    return [*values, of(loop.call_soon_threadsafe, print)]


def behave_pools_of_threads() -> Any:
    from multiprocessing.pool import ThreadPool

    with ThreadPool(2) as pool:
        return [pool.map(abs, range(-5, 0)), of(pool.apply, divmod, (1, 0)), sorted(pool.imap_unordered(abs, (-1, -2)))]


def behave_sleep() -> Any:
    import time

    began = time.monotonic()
    values = [of(time.sleep, SHORT_S), time.monotonic() - began >= SHORT_S, of(time.sleep, 0), of(time.sleep, -1)]
    return [
        *values,
        kind_of(time.sleep, "a"),
        kind_of(time.sleep),
        kind_of(time.sleep, None),
        kind_of(time.sleep, True),
    ]


def behave_signatures() -> Any:
    import concurrent.futures as cf
    import inspect

    functions = [
        *(threading.Condition.wait, threading.Condition.wait_for, threading.Condition.notify, threading.Event.wait),
        *(threading.Semaphore.acquire, threading.Semaphore.release, threading.Barrier.wait, threading.Thread.join),
        *(threading.Thread.start, queue.Queue.get, queue.Queue.put, cf.Future.result, cf.wait, cf.as_completed),
        *(queue.SimpleQueue.get, cf.Future.add_done_callback, cf.ThreadPoolExecutor.submit, threading.Lock().acquire),
    ]
    values = [kind_of(lambda function=function: str(inspect.signature(function))) for function in functions]
    values += [[function.__name__, getattr(function, "__doc__", None)] for function in functions]
    return [*values, inspect.isgeneratorfunction(cf.as_completed)]


def behave_interrupted() -> Any:
    """A signal handler runs in the midst of a wait, and may raise."""
    import os
    import signal

    values: list[Any] = []
    armed = threading.Event()

    def handle(number: int, frame: Any) -> None:
        if armed.is_set():
            armed.clear()
            raise InterruptedError

    def send(finished: threading.Event) -> None:
        # More than once: one that comes just before the wait is seen after it.
        while not finished.wait(SHORT_S):
            if armed.is_set():
                os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, handle)
    lock = threading.Lock()
    lock.acquire()
    condition, event, simple, q = threading.Condition(), threading.Event(), queue.SimpleQueue(), queue.Queue()

    def wait_on_condition() -> None:
        with condition:
            condition.wait()

    try:
        for call in (
            lock.acquire,
            event.wait,
            simple.get,
            q.get,
            wait_on_condition,
            lambda: __import__("time").sleep(9),
        ):
            finished = threading.Event()
            sender = threading.Thread(target=send, args=(finished,))
            sender.start()
            try:
                armed.set()
                values.append(of(call))
            except InterruptedError as early:
                values.append([type(early).__name__])
            finished.set()
            sender.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    values += [lock.locked(), of(lock.release), in_thread(condition.acquire, False), of(event.set), of(event.wait)]
    q.put(1)
    simple.put(1)
    return [*values, of(q.get), of(simple.get)]


def behave_fork() -> Any:
    """A child has its own threads, and locks that it can use."""
    import os
    import warnings

    warnings.simplefilter("ignore", DeprecationWarning)
    lock, rlock = threading.Lock(), threading.RLock()
    stop = threading.Event()

    def hold() -> None:
        with lock:
            started.set()
            stop.wait(PATIENCE_S)

    started = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    started.wait()
    with rlock:
        pid = os.fork()
        if pid == 0:
            status = 0
            try:
                assert threading.active_count() == 1
                assert not lock.acquire(False) and rlock.acquire(False)
                rlock.release()
                other = threading.Thread(target=stop.set)
                other.start()
                other.join()
                assert stop.is_set() and not thread.is_alive()
                q: Any = queue.Queue()
                q.put(1)
                assert q.get() == 1
            except BaseException:
                traceback.print_exc()
                status = 1
            os._exit(status)
        _, status = os.waitpid(pid, 0)
    stop.set()
    thread.join()
    return [status, lock.acquire(False)]


def behave_at_exit() -> Any:
    """The interpreter waits for threads that are not daemons, and not for daemons, whatever they wait for."""
    import subprocess

    script = (
        "import sys, threading, queue\n"
        "if sys.argv[1:] == ['watched']:\n"
        "    import syncing\n"
        "    syncing.watch()\n"
        "import time, concurrent.futures as cf\n"
        "ended = threading.Event()\n"
        "def late():\n"
        "    ended.wait()\n"
        "    time.sleep(0.1)\n"
        "    sys.stdout.write('late\\n')\n"
        "def atexit():\n"
        "    print('atexit', flush=True)\n"
        "import atexit as module\n"
        "module.register(atexit)\n"
        "threading.Thread(target=late).start()\n"
        "threading.Thread(target=queue.Queue().get, daemon=True).start()\n"
        "threading.Thread(target=queue.SimpleQueue().get, daemon=True).start()\n"
        "lock = threading.Lock()\n"
        "lock.acquire()\n"
        "threading.Thread(target=lock.acquire, daemon=True).start()\n"
        "pool = cf.ThreadPoolExecutor(2)\n"
        "pool.submit(late)\n"
        "print('end', flush=True)\n"
        "ended.set()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, *sys.argv[2:3]], capture_output=True, text=True, timeout=PATIENCE_S, cwd=HERE
    )
    return [run.returncode, run.stdout, run.stderr]


# --- what the watcher is told


def names(events: list[tuple[Any, ...]], *, of_thing: Any = None, without: tuple[str, ...] = ()) -> list[str]:
    return [
        " ".join(str(part) for part in event[:-1] if isinstance(part, str))
        for event in events
        if event[0] not in without and (of_thing is None or any(part is of_thing for part in event[:-1]))
    ]


def told_of_locks(r: Recorder) -> None:
    lock = threading.Lock()
    with lock:
        pass
    lock.acquire(timeout=1)
    lock.acquire(False)
    lock.release()
    assert names(r.events) == [
        *("acquire", "acquired", "release"),
        *("acquire", "acquired", "acquire", "not acquired", "release"),
    ]
    assert [event[2:4] for event in r.events if event[0] == "acquire"] == [(True, -1), (True, 1), (False, -1)]
    r.events.clear()
    for call in (lock.release, lambda: lock.acquire(False, 1), lambda: lock.acquire(True, -5)):
        of(call)
    assert not r.events, r.events


def told_of_rlocks(r: Recorder) -> None:
    lock = threading.RLock()
    with lock, lock:
        pass
    assert names(r.events) == ["acquire", "acquired"] * 2 + ["release"] * 2
    r.events.clear()
    assert isinstance(of(lock.release), list)
    assert not r.events


def told_of_a_lock_as_a_signal(r: Recorder) -> None:
    lock = threading.Lock()
    lock.acquire()
    thread = threading.Thread(target=lock.release)
    thread.start()
    lock.acquire()
    thread.join()
    lock.release()
    events = names(r.events, of_thing=lock)
    assert events[:2] == ["acquire", "acquired"] and sorted(events[2:-1]) == [
        "acquire",
        "acquired",
        "into",
        "out",
        "release",
    ], events
    assert events.index("out") < events.index("release") and events.index("out") < events.index("into")
    assert events[-1] == "release"


def told_of_conditions(r: Recorder) -> None:
    for lock in (threading.RLock(), threading.Lock()):
        r.events.clear()
        condition = threading.Condition(lock)
        ready: list[int] = []

        def work(condition: Any = condition, ready: Any = ready) -> None:
            with condition:
                ready.append(1)
                condition.notify()

        thread = threading.Thread(target=work)
        with condition:
            thread.start()
            while not ready:
                assert condition.wait(PATIENCE_S)
        thread.join()
        me = get_ident()
        mine = [event for event in r.events if event[-1] == me]
        assert names(mine, of_thing=lock) == ["acquire", "acquired", "suspend", "resume", "release"], names(mine)
        assert names(mine, of_thing=condition) == ["waits condition", "woke condition", "into"]
        theirs = [event for event in r.events if event[-1] != me]
        assert names(theirs, of_thing=lock) == ["acquire", "acquired", "release"]
        assert names(theirs, of_thing=condition) == ["out"]
        order = names(r.events)
        assert order.index("suspend") < order.index("resume") < order.index("woke condition")
    r.events.clear()
    condition = threading.Condition()
    with condition:
        with condition:
            condition.wait(0)
        assert in_thread(condition.acquire, False) is False
    count = sum({"acquired": 1, "resume": 0, "suspend": 0, "release": -1}.get(event[0], 0) for event in r.events)
    assert count == 0


def told_of_wait_for(r: Recorder) -> None:
    condition = threading.Condition()
    seen: list[int] = []

    def predicate() -> bool:
        seen.append(len(r.events))
        r.events.append(("predicate", 0))
        return len(seen) > 2

    with condition:
        for _ in range(2):
            condition.wait_for(predicate, SHORT_S)
    inside = 0
    for event in r.events:
        inside += {"waits": 1, "woke": -1}.get(event[0], 0)
        assert event[0] != "predicate" or not inside, "the program's own predicate is no wait"


def told_of_events(r: Recorder) -> None:
    event = threading.Event()
    thread = threading.Thread(target=event.wait)
    thread.start()
    event.set()
    thread.join()
    assert event.is_set() and event.wait(0) and event.wait()
    events = names(r.events, of_thing=event)
    assert events.index("out") < events.index("into")
    assert [event[0] for event in r.events if event[0] in ("acquire", "release")] == [], (
        "its own lock is nobody's business"
    )
    r.events.clear()
    event.clear()
    event.is_set()
    event.wait(0)
    assert names(r.events) == ["waits event", "woke event"]


def told_of_semaphores(r: Recorder) -> None:
    semaphore = threading.BoundedSemaphore(1)
    with semaphore:
        assert not semaphore.acquire(False)
    assert names(r.events) == ["waits semaphore", "woke semaphore", "into", "out"]


def told_of_barriers(r: Recorder) -> None:
    barrier = threading.Barrier(2, action=lambda: r.events.append(("action", get_ident())))
    thread = threading.Thread(target=barrier.wait)
    thread.start()
    barrier.wait()
    thread.join()
    events = [event for event in r.events if event[0] == "action" or any(part is barrier for part in event)]
    by_thread: dict[int, list[str]] = {}
    for event in events:
        by_thread.setdefault(event[-1], []).append(event[0])
    assert ["out", "waits", "woke", "into"] in by_thread.values(), by_thread
    assert ["out", "waits", "woke", "into", "action", "out", "waits", "woke", "into"] in by_thread.values(), by_thread


def handed(r: Recorder) -> list[str]:
    """The edges of single things that went through a queue, numbered as they come."""
    numbers: dict[int, int] = {}
    found = []
    for event in r.events:
        if type(event[1]).__name__ == "Handover":
            number = numbers.setdefault(id(event[1]), len(numbers))
            found.append(f"{event[0]} {number}")
    return found


def told_of_queues(r: Recorder) -> None:
    for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue):
        r.events.clear()
        q: Any = kind(1)
        thread = threading.Thread(target=q.put, args=(1,))
        thread.start()
        assert q.get() == 1
        q.task_done()
        q.join()
        thread.join()
        assert {"out", "waits queue-put", "waits queue-get", "woke queue-join"} <= {*names(r.events, of_thing=q)}
        assert handed(r) == ["out 0", "into 0"]
        assert names(r.events, of_thing=q.not_full) in (["out", "into"], ["into", "out"])
        assert names(r.events, of_thing=q.all_tasks_done) == ["out", "into"]
        assert "acquire" not in names(r.events)
    r.events.clear()
    q = queue.Queue()
    q.put_nowait(1)
    q.get_nowait()
    of(q.get_nowait)
    assert names(r.events, of_thing=q) == ["out"] and handed(r) == ["out 0", "into 0"]
    r.events.clear()
    things = [object(), object(), object()]
    for thing in (*things, None, None):
        q.put(thing)
    for thing in things:
        assert q.get() is thing
    q.put(None)
    for _ in range(3):
        q.get()
    assert handed(r)[:8] == ["out 0", "out 1", "out 2", "out 3", "out 4", "into 0", "into 1", "into 2"], (
        "each with its own"
    )
    rest = handed(r)[8:]
    assert rest[:1] == ["out 5"] and {"into 3", "into 4", "into 5"} <= {*rest}, "and which None it is nobody knows"

    class Unique(queue.Queue):  # type: ignore[type-arg]  # a class of C
        def _init(self, maxsize: int) -> None:
            self.queue: Any = set()

        def _put(self, item: Any) -> None:
            self.queue.add(item)

        def _get(self) -> Any:
            return self.queue.pop()

    unique = Unique()
    unique.put(1)
    unique.get()
    assert names(r.events, of_thing=unique)[-2:] == ["woke queue-get", "into"], (
        "from all, where it is not known from whom"
    )
    r.events.clear()
    with q.mutex:
        q.queue.clear()
    assert names(r.events) == ["acquire", "acquired", "release"], "where the program takes it, it is the program's"


def told_of_simple_queues(r: Recorder) -> None:
    q: Any = queue.SimpleQueue()
    thread = threading.Thread(target=q.put, args=(1,))
    thread.start()
    assert q.get() == 1
    thread.join()
    q.put_nowait(2)
    q.get_nowait()
    assert [event for event in names(r.events, of_thing=q) if event in ("out", "into")] == ["out", "out"]
    assert handed(r) == ["out 0", "into 0", "out 1", "into 1"]


def told_of_threads(r: Recorder) -> None:
    class Sub(threading.Thread):
        def run(self) -> None:
            r.events.append(("runs", self, get_ident()))

    plain: Any = threading.Thread(target=lambda: r.events.append(("runs", plain, get_ident())))
    for thread in (Sub(), plain):
        r.events.clear()
        thread.start()
        thread.join()
        expected = ["out", "begins", "into", "runs", "out", "ends"]
        events = names(r.events, of_thing=thread)
        assert [event for event in events if "join" not in event] == [*expected, "into"], events
        assert {event[0] for event in r.events if event[-1] == thread.ident} == {
            "begins",
            "into",
            "runs",
            "out",
            "ends",
        }
    r.events.clear()
    assert not thread.is_alive()
    assert names(r.events, of_thing=thread) == ["into"]
    r.events.clear()
    failing = threading.Thread(target=divmod, args=(1, 0))
    before, threading.excepthook = threading.excepthook, lambda args: None
    failing.start()
    failing.join()
    threading.excepthook = before
    assert names(r.events, of_thing=failing)[-1] == "into" and "ends" in names(r.events, of_thing=failing)


def told_of_bare_threads(r: Recorder) -> None:
    import _thread

    starts = [_thread.start_new_thread]
    if hasattr(_thread, "start_joinable_thread"):
        starts.append(lambda call, _: _thread.start_joinable_thread(call))
    for start in starts:
        r.events.clear()
        done = threading.Event()
        start(lambda done=done: done.set(), ())
        done.wait()
        while "ends" not in names(r.events):
            threading.Event().wait(0.001)
        threads = [event[1] for event in r.events if event[0] == "begins"]
        assert len(threads) == 1 and threads[0].name and threads[0].ident
        assert names(r.events, of_thing=threads[0])[:3] == ["out", "begins", "into"]


def told_of_timers(r: Recorder) -> None:
    event = threading.Event()
    timer = threading.Timer(SHORT_S, event.set)
    timer.start()
    event.wait()
    timer.join()
    assert names(r.events, of_thing=event)[-2:] == ["woke event", "into"] and "out" in names(r.events, of_thing=event)
    assert "waits event" in names(r.events, of_thing=timer.finished), "the scheduler knows that it waits"


def told_of_futures(r: Recorder) -> None:
    import concurrent.futures as cf

    with cf.ThreadPoolExecutor(1) as pool:
        r.events.clear()
        future = pool.submit(lambda: r.events.append(("runs", get_ident())))
        future.result()
    me = get_ident()
    order = [event[0] for event in r.events]
    items = [event for event in r.events if type(event[1]).__name__ == "_WorkItem"]
    assert [event[0] for event in items] == ["out", "into"] and [event[-1] == me for event in items] == [True, False]
    assert r.events.index(items[1]) < order.index("runs")
    events = names(r.events, of_thing=future)
    assert events.index("out") < events.index("into")
    assert "acquire" not in order, "the locks of a pool are nobody's business"
    queues = [event for event in r.events if type(event[1]).__name__ == "SimpleQueue"]
    assert not queues, "nor what orders its tasks by accident"

    for call in (
        lambda f: cf.wait([f]),
        lambda f: list(cf.as_completed([f])),
        lambda f: f.done(),
        lambda f: f.exception(),
    ):
        done: Any = cf.Future()
        done.set_result(1)
        r.events.clear()
        call(done)
        assert "into" in names(r.events, of_thing=done)
    r.events.clear()
    late: Any = cf.Future()
    late.add_done_callback(lambda f: r.events.append(("called", get_ident())))
    thread = threading.Thread(target=late.set_result, args=(1,))
    thread.start()
    thread.join()
    order = names(r.events, of_thing=late._condition)
    assert order == ["out", "into"]
    called = next(index for index, event in enumerate(r.events) if event[0] == "called")
    assert [event[0] for event in r.events[:called] if event[1] is late._condition] == ["out", "into"]


def told_of_loops(r: Recorder) -> None:
    import asyncio

    async def main() -> None:
        loop = asyncio.get_running_loop()
        r.events.clear()
        gate = threading.Event()
        loop.call_later(SHORT_S, gate.set)
        await asyncio.to_thread(gate.wait)
        items = [event[0] for event in r.events if type(event[1]).__name__ == "_WorkItem"]
        assert items == ["out", "into"]
        events = names(r.events, of_thing=loop)
        assert events.index("out") < events.index("into")

    asyncio.run(main())


def told_balanced(r: Recorder) -> None:
    """Each thread that waits also wakes, one wait at a time, whatever it is that ends the wait."""
    for name, behave in list(globals().items()):
        if name.startswith("behave_") and name not in ("behave_fork", "behave_at_exit", "behave_signatures"):
            behave()
    waiting: dict[int, list[tuple[Any, ...]]] = {}
    held: dict[tuple[int, int], int] = {}
    for event in r.events:
        if event[0] == "waits":
            waits = waiting.setdefault(event[-1], [])
            assert not waits, (waits, event)
            waits.append(event)
        elif event[0] == "woke":
            assert waiting[event[-1]].pop()[1] == event[1]
        elif event[0] == "ends":
            assert not waiting.get(event[-1]), waiting[event[-1]]
    del held
    assert not waiting.get(get_ident())


def told_when_it_is_over(r: Recorder) -> None:
    from ungil.race.inside import sync

    bound = threading.Lock().acquire
    sync.uninstall()
    r.events.clear()
    lock, event, q = threading.Lock(), threading.Event(), queue.Queue()
    with lock, threading.RLock(), threading.Condition():
        event.set()
        q.put(1)
        assert q.get() == 1 and event.wait() and bound()
    assert [event[0] for event in r.events] == ["acquire", "acquired"], "by the method that was bound"
    assert type(threading.Lock.__call__ if False else lock.acquire).__name__ == "builtin_function_or_method"


def told_nothing_is_stuck(r: Recorder) -> None:
    assert not found, found


HERE = __file__.rpartition("/")[0]


def main() -> None:
    what, *rest = sys.argv[1:]
    if what == "unittest":
        import unittest

        import test.test_queue

        watch()
        if hasattr(test.test_queue, "CSimpleQueueTest"):
            # What a finalizer puts into the queue comes in between where a `put` is not one step, as here.
            del test.test_queue.CSimpleQueueTest.test_reentrancy
        unittest.main(module=None, argv=["syncing.py", *rest])
    if what == "behave":
        if rest == ["watched"]:
            watch()
        print(json.dumps({name: each() for name, each in list(globals().items()) if name.startswith("behave_")}))
        assert not found, found
        return
    recorder = watch()
    failed = {}
    checks = {name: each for name, each in globals().items() if name.startswith("told_")}
    checks["told_when_it_is_over"] = checks.pop("told_when_it_is_over")
    for name, check in checks.items():
        recorder.events.clear()
        try:
            check(recorder)
        except BaseException:
            failed[name] = traceback.format_exc()
    print(json.dumps(failed))


if __name__ == "__main__":
    main()

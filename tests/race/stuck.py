"""Programs that get stuck, in each way there is, and others that only seem to.

Run as a program by the interpreter under test: ``python stuck.py [NAME …]``. Each one runs in a process of its own.
Prints a JSON object: of each, what was found (None: nothing, and it came to its end; ``"timeout"``, with the stacks:
nothing, and it did not).
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import select
import signal
import sys
import threading
import time
import warnings
from typing import Any

PATIENCE_S = 20


def start(*targets: Any, daemon: bool = False, join: bool = False, **named: Any) -> list[threading.Thread]:
    threads = [threading.Thread(target=target, daemon=daemon) for target in targets]
    threads += [threading.Thread(target=target, name=name, daemon=daemon) for name, target in named.items()]
    for thread in threads:
        thread.start()
    if join:
        for thread in threads:
            thread.join()
    return threads


def crossing(*locks: Any) -> list[Any]:
    """A function for each lock: it takes it, then, when all have theirs, the next one."""
    barrier = threading.Barrier(len(locks))

    def take(first: Any, second: Any) -> None:
        with first:
            barrier.wait()
            with second:
                pass

    return [lambda i=i: take(locks[i], locks[(i + 1) % len(locks)]) for i in range(len(locks))]


def idle() -> None:
    """Something that goes on: for all that is known, it might do anything."""
    for _ in range(100):
        time.sleep(0.05)


# --- deadlocks


def deadlock_of_two_locks() -> None:
    ab, ba = crossing(threading.Lock(), threading.Lock())
    start(ab=ab, ba=ba, join=True)


def deadlock_of_two_rlocks() -> None:
    ab, ba = crossing(threading.RLock(), threading.RLock())
    start(ab=ab, ba=ba, join=True)


def deadlock_of_three_locks() -> None:
    one, two, three = crossing(*(threading.Lock() for _ in range(3)))
    start(one=one, two=two, three=three, join=True)


def deadlock_while_others_go_on() -> None:
    ab, ba = crossing(threading.Lock(), threading.Lock())
    start(ab=ab, ba=ba)
    idle()


def deadlock_without_with_while_others_go_on() -> None:
    a, b = threading.Lock(), threading.Lock()
    barrier = threading.Barrier(2)

    def take(first: Any, second: Any) -> None:
        for lock in (first, second):
            lock.acquire()
            lock.release()
        barrier.wait()
        first.acquire()
        barrier.wait()
        second.acquire()

    start(ab=lambda: take(a, b), ba=lambda: take(b, a))
    idle()


def deadlock_of_daemons() -> None:
    ab, ba = crossing(threading.Lock(), threading.Lock())
    start(ab=ab, ba=ba, daemon=True)
    idle()


def deadlock_of_conditions() -> None:
    ab, ba = crossing(threading.Condition(), threading.Condition(threading.Lock()))
    start(ab=ab, ba=ba, join=True)


def deadlock_with_itself() -> None:
    lock = threading.Lock()

    def twice() -> None:
        with lock, lock:
            pass

    start(twice=twice, join=True)


def deadlock_of_the_main_thread_with_itself() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def deadlock_by_a_queues_mutex() -> None:
    q: Any = queue.Queue()
    with q.mutex:
        q.put(1)


def deadlock_by_a_queues_size() -> None:
    q: Any = queue.Queue()
    with q.mutex:
        q.qsize()


def deadlock_of_joins() -> None:
    threads: dict[str, threading.Thread] = {}
    both = threading.Barrier(2)

    def join(name: str) -> None:
        both.wait()
        threads[name].join()

    for name, other in (("one", "two"), ("two", "one")):
        threads[name] = threading.Thread(target=join, args=(other,), name=name)
    for thread in list(threads.values()):
        thread.start()
    idle()


def deadlock_of_a_lock_and_a_join() -> None:
    lock = threading.Lock()

    def work() -> None:
        with lock:
            pass

    with lock:
        start(work=work, join=True)


def deadlock_of_bare_threads() -> None:
    import _thread

    ab, ba = crossing(threading.Lock(), threading.Lock())
    _thread.start_new_thread(ab, ())
    _thread.start_new_thread(ba, ())
    idle()


def deadlock_of_a_starved_pool() -> None:
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1, thread_name_prefix="worker")
    pool.submit(lambda: pool.submit(int).result()).result()


def deadlock_of_a_starved_pool_while_others_go_on() -> None:
    from concurrent.futures import ThreadPoolExecutor, wait

    pool = ThreadPoolExecutor(2, thread_name_prefix="worker")
    both = threading.Barrier(2)

    def nested() -> None:
        both.wait()
        wait([pool.submit(int), pool.submit(int)])

    pool.submit(nested)
    pool.submit(nested)
    idle()


# --- hangs


def hang_on_a_leaked_lock() -> None:
    lock = threading.Lock()
    start(leaks=lock.acquire, join=True)
    lock.acquire()


def hang_on_a_leaked_rlock_while_others_go_on() -> None:
    lock = threading.RLock()
    start(leaks=lock.acquire, join=True)
    start(idle)
    lock.acquire()


def hang_on_a_queue_never_filled() -> None:
    q: Any = queue.Queue()
    start(lambda: q.put(1))
    q.get()
    q.get()


def hang_on_a_simple_queue() -> None:
    q: Any = queue.SimpleQueue()
    start(lambda: q.put(1))
    q.get()
    q.get()


def hang_on_a_full_queue() -> None:
    q: Any = queue.Queue(1)
    start(lambda: q.get())
    for _ in range(3):
        q.put(1)


def hang_on_two_full_queues() -> None:
    there: Any = queue.Queue(1)
    back: Any = queue.Queue(1)

    def echo() -> None:
        while True:
            item = there.get()
            back.put(item)
            back.put(item)

    start(echo)
    while True:
        there.put(1)


def hang_on_a_queues_join() -> None:
    q: Any = queue.Queue()
    q.put(1)
    start(lambda: q.get())
    q.join()


def hang_on_a_lost_notification() -> None:
    condition = threading.Condition()

    def notify() -> None:
        with condition:
            condition.notify()

    start(notify, join=True)
    with condition:
        condition.wait()


def hang_on_too_few_notifications() -> None:
    condition = threading.Condition()
    waiting: list[int] = []

    def wait() -> None:
        with condition:
            waiting.append(1)
            condition.wait()

    threads = start(wait, wait)
    while len(waiting) < 2:
        time.sleep(0.001)
    with condition:
        condition.notify(1)
    for thread in threads:
        thread.join()


def hang_on_an_event() -> None:
    event = threading.Event()
    start(waits=event.wait, join=True)


def hang_on_a_semaphore() -> None:
    semaphore = threading.Semaphore(2)
    for _ in range(3):
        start(semaphore.acquire, join=True)


def hang_on_a_barrier() -> None:
    barrier = threading.Barrier(3)
    start(barrier.wait, barrier.wait, join=True)


def hang_on_a_future() -> None:
    from concurrent.futures import Future

    start(lambda: Future().result(), join=True)  # type: ignore[var-annotated]  # of nothing


def hang_on_one_of_several_futures() -> None:
    from concurrent.futures import Future, ThreadPoolExecutor, as_completed

    with ThreadPoolExecutor(1) as pool:
        list(as_completed([pool.submit(int), Future()]))


def hang_at_the_end() -> None:
    start(waits=threading.Event().wait)


def hang_at_the_end_of_a_pool() -> None:
    from concurrent.futures import ThreadPoolExecutor

    ThreadPoolExecutor(1).submit(threading.Event().wait)


def hang_of_nested_monitors() -> None:
    outer, condition = threading.Lock(), threading.Condition()

    def wait() -> None:
        with outer, condition:
            waiting.set()
            condition.wait()

    def notify() -> None:
        with outer, condition:
            condition.notify()

    waiting = threading.Event()
    threads = start(wait)
    waiting.wait()
    start(notify)
    threads[0].join()


def hang_of_an_event_loops_own_thread() -> None:
    import asyncio

    async def main() -> None:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), asyncio.get_running_loop()).result()

    asyncio.run(main())


def hang_of_a_pool_of_threads() -> None:
    from multiprocessing.pool import ThreadPool

    with ThreadPool(1) as pool:
        pool.apply(lambda: pool.apply(int))


# --- none


def fine_slow_holder() -> None:
    lock = threading.Lock()

    def hold() -> None:
        with lock:
            time.sleep(0.2)

    start(hold, hold, hold, join=True)


def fine_busy_holder() -> None:
    lock = threading.Lock()

    def hold() -> None:
        with lock:
            sum(range(1_000_000))

    start(hold, hold, join=True)


def fine_lock_as_a_signal() -> None:
    done = threading.Lock()
    done.acquire()

    def work() -> None:
        time.sleep(0.1)
        done.release()

    for _ in range(3):
        start(work)
        done.acquire()


def fine_gate() -> None:
    gate = threading.Lock()
    gate.acquire()

    def open_it() -> None:
        time.sleep(0.2)
        gate.release()

    start(open_it)
    start(gate.acquire, join=True)


def fine_pulses() -> None:
    events = threading.Event(), threading.Event()
    rounds = 300

    def answer() -> None:
        for _ in range(rounds):
            events[0].wait()
            events[0].clear()
            events[1].set()

    threads = start(answer)
    for _ in range(rounds):
        events[0].set()
        events[1].wait()
        events[1].clear()
    threads[0].join()


def fine_conditions() -> None:
    for lock in (threading.Lock(), threading.RLock()):
        condition = threading.Condition(lock)
        turn = [0]

        def play(me: int, condition: Any = condition, turn: Any = turn) -> None:
            for _ in range(200):
                with condition:
                    condition.wait_for(lambda: turn[0] == me)
                    turn[0] = 1 - me
                    condition.notify_all()

        start(lambda play=play: play(0), lambda play=play: play(1), join=True)  # type: ignore[misc]  # of a default


def fine_semaphores() -> None:
    semaphore = threading.Semaphore(1)

    def work() -> None:
        for _ in range(100):
            with semaphore:
                pass

    start(*[work] * 4, join=True)


def fine_queues() -> None:
    for kind in (queue.SimpleQueue, queue.Queue, lambda: queue.Queue(1)):
        there, back = kind(), kind()  # type: ignore[operator]  # a class of locks

        def echo(there: Any = there, back: Any = back) -> None:
            while (item := there.get()) is not None:
                back.put(item)

        threads = start(echo, echo)
        for item in range(200):
            there.put(item)
            back.get()
        for _ in threads:
            there.put(None)
        for thread in threads:
            thread.join()


def fine_barriers() -> None:
    barrier = threading.Barrier(3, action=lambda: time.sleep(0))
    start(*[lambda: [barrier.wait() for _ in range(100)]] * 3, join=True)


def fine_pools() -> None:
    from concurrent.futures import ThreadPoolExecutor, as_completed, wait

    for _ in range(10):
        with ThreadPoolExecutor(3) as pool:
            futures = [pool.submit(lambda: pool.submit(int).result()) for _ in range(2)]
            wait(futures)
            for future in as_completed(futures):
                future.result()
            list(pool.map(abs, range(20)))


def fine_daemons_at_the_end() -> None:
    lock = threading.Lock()
    lock.acquire()
    start(queue.Queue().get, queue.SimpleQueue().get, threading.Event().wait, lock.acquire, daemon=True)


def fine_timed() -> None:
    event = threading.Event()

    def wait() -> None:
        while not event.wait(0.01):
            pass

    threads = start(wait)
    time.sleep(0.1)
    event.set()
    threads[0].join()


def fine_timer() -> None:
    event = threading.Event()
    threading.Timer(0.1, event.set).start()
    event.wait()


def fine_signal() -> None:
    event = threading.Event()
    signal.signal(signal.SIGALRM, lambda *_: event.set())
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    event.wait()


def fine_other_process() -> None:
    reading, writing = os.pipe()
    warnings.simplefilter("ignore")
    if os.fork() == 0:
        time.sleep(0.2)
        os.write(writing, b"x")
        os._exit(0)
    event = threading.Event()
    start(lambda: (os.read(reading, 1), event.set()))
    event.wait()


def fine_locks_in_order() -> None:
    locks = [threading.Lock() for _ in range(4)]

    def work(seed: int) -> None:
        for i in range(200):
            first, second = sorted(((seed + i) % 4, (seed * i + 1) % 4))
            with locks[first]:
                if first != second:
                    with locks[second]:
                        pass

    start(*[lambda seed=seed: work(seed) for seed in range(4)], join=True)


def fine_rlocks() -> None:
    lock = threading.RLock()

    def work() -> None:
        for _ in range(200):
            with lock, lock:
                pass

    start(*[work] * 3, join=True)


def fine_tree_of_threads() -> None:
    def grow(depth: int) -> None:
        if depth:
            start(lambda: grow(depth - 1), lambda: grow(depth - 1), join=True)

    grow(4)


def fine_many_threads() -> None:
    for _ in range(50):
        start(int, int, join=True)


def fine_join_of_the_main_thread() -> None:
    start(threading.main_thread().join)


def fine_pool_of_threads() -> None:
    from multiprocessing.pool import ThreadPool

    with ThreadPool(2) as pool:
        pool.map(abs, range(50))
        pool.apply(time.sleep, (0.1,))


def fine_asyncio() -> None:
    import asyncio

    async def main() -> None:
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.05) for _ in range(4)))
        event = threading.Event()
        asyncio.get_running_loop().call_later(0.1, event.set)
        await asyncio.to_thread(event.wait)

    asyncio.run(main())


def main() -> int:
    """Returns in every child too: with an exit as any program's."""
    programs = {name: each for name, each in globals().items() if name.startswith(("deadlock_", "hang_", "fine_"))}
    results: dict[str, Any] = {}
    for name, program in programs.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            os.setpgid(0, 0)
            watch(writing)
            program()
            return 0
        os.close(writing)
        results[name] = None
        if select.select([reading], [], [], PATIENCE_S)[0]:
            with os.fdopen(reading) as file:
                text = file.read()
            results[name] = json.loads(text) if text else None
        else:
            os.kill(pid, signal.SIGUSR2)
            time.sleep(1)
            results[name] = "timeout\n" + os.read(reading, 1 << 16).decode()
        os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if results[name] is None and status:
            results[name] = f"status {status}"
    print(json.dumps(results))
    return 0


class Nobody:
    """A watcher that does as it is asked."""

    def acquire(self, lock: Any, original: Any, blocking: bool, timeout: float) -> Any:
        return original(blocking, timeout)

    def release(self, lock: Any, original: Any) -> None:
        original()

    def suspend(self, lock: Any, original: Any) -> Any:
        return original()

    def resume(self, lock: Any, original: Any, state: Any) -> None:
        original(state)

    def nothing(self, *_: Any) -> None:
        pass

    out = into = waits = woke = thread_begins = thread_ends = nothing


def watch(writing: int) -> None:
    from ungil.race.inside import sync
    from ungil.race.inside.waiting import Waits

    me = os.getpid()
    faulthandler.register(signal.SIGUSR2, file=writing)

    def found(event: dict[str, Any]) -> None:
        if os.getpid() == me:
            os.write(writing, json.dumps(event).encode())
            os._exit(0)

    sync.install(Nobody(), Waits(found))


if __name__ == "__main__":
    sys.exit(main())

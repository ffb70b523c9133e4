"""Where pools break: a check for each way, every one in a process of its own.

Run as a program by the interpreter under test: ``python hazards.py MODEL``. Prints a JSON object of the checks that
failed, with what they said. ``python hazards.py MODEL NAME`` runs the one check: a hang ends it, with all stacks.
What a check needs a whole program for is a function ``script_…`` here, run in the same way.
"""

from __future__ import annotations

import array
import asyncio
import atexit
import collections
import concurrent.futures as cf
import contextlib
import contextvars
import decimal
import functools
import gc
import itertools
import json
import logging
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from conformance import gates, only, open_gate, raises, square, wait_at
from watching import LIBRARY, MODEL, PATIENCE_S, Running, eventually, nothing_left, pool

import ungil

LIMIT_S = 6 * PATIENCE_S
"""For one check; only ever reached by a pool that hangs."""

AT_ONCE = 3
"""Checks that run at the same time."""

NEAR = ("serial", "threads")
FAR = ("interpreters", "processes")
POOLS = ("threads", *FAR)

FREE_THREADED = not getattr(sys, "_is_gil_enabled", lambda: True)()


# --- tasks


def nothing() -> None:
    pass


def nap(_: int) -> None:
    time.sleep(0.05)


def process_id() -> int:
    return os.getpid()


def moment() -> int:
    return time.monotonic_ns()  # the same clock for all processes


def touch(path: str) -> None:
    with open(path, "w"):
        pass


def leave_after(gate: str, status: int) -> None:
    wait_at(gate)
    os._exit(status)


def leave_with(status: int) -> None:
    os._exit(status)


def kill_itself(number: int) -> None:
    os.kill(os.getpid(), number)


def sleep_for_ever(started: str) -> None:
    open_gate(started)
    time.sleep(3600)


def spin_for_ever(started: str) -> None:
    open_gate(started)
    while True:
        pass


def square_or_wait(gate: str | int) -> Any:
    return wait_at(gate) if isinstance(gate, str) else square(gate)


def open_or_wait(what: tuple[str, str]) -> str:
    """Two of them get on together only."""
    kind, path = what
    if kind == "open":
        open_gate(path, "met")
        return "met"
    return wait_at(path)


def echo(value: Any) -> Any:
    return value


def size_of(value: Any) -> int:
    return len(value)


def payload(size: int) -> bytes:
    return b"x" * size


class Thing:
    """Something a weak reference can watch; equal ones are the same to pickle."""


def thing(_: Any = None) -> Thing:
    return Thing()


class OwnError(Exception):
    pass


class KeywordError(Exception):
    def __init__(self, *, why: str, number: int) -> None:
        super().__init__(why)
        self.why, self.number = why, number


class RefusingError(Exception):
    def __reduce__(self) -> Any:
        raise TypeError("not this one")


class BreakingError(Exception):
    def __reduce__(self) -> Any:
        return break_on_arrival, ()


def break_on_arrival() -> None:
    raise ZeroDivisionError("on arrival")


class BreaksOnArrival:
    def __reduce__(self) -> Any:
        return break_on_arrival, ()


class DiesOnArrival:
    def __reduce__(self) -> Any:
        return os._exit, (5,)


def fail_own(_: Any = None) -> None:
    local = Thing()
    raise OwnError(f"own {type(local).__name__}")


def fail_with(kind: str) -> None:
    if kind == "keywords":
        raise KeywordError(why="so", number=3)
    if kind == "local":

        class LocalError(Exception):
            pass

        raise LocalError("from within")
    raise {"refusing": RefusingError, "breaking": BreakingError}[kind]("why")


def arrive_broken() -> BreaksOnArrival:
    return BreaksOnArrival()


def decorated(function: Callable[[int], int]) -> Callable[[int], int]:
    @functools.wraps(function)
    def wrapper(x: int) -> int:
        return function(x) + OFFSET

    return wrapper


@decorated
def recursive(x: int) -> int:
    return 0 if x == 0 else sum(recursive(y) for y in (x - 1,)) + OFFSET


OFFSET = 1


class Nested:
    class Deeper:
        @staticmethod
        def work(x: int) -> int:
            return [(lambda y: y + OFFSET)(z) for z in range(x)][-1]


VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


def read_variable(_: Any = None) -> str:
    return VARIABLE.get()


def pools_in_a_pool(n: int) -> list[int]:
    with pool(2) as inner:
        return list(inner.map(square, range(n)))


def child_process_of_a_task() -> int:
    process = multiprocessing.get_context("fork").Process(target=nothing)
    process.start()
    process.join(PATIENCE_S)
    return process.exitcode if process.exitcode is not None else -1


def put(value: int) -> int:
    QUEUE.put(value)
    return value


def keep_queue(queue: Any) -> None:
    global QUEUE
    QUEUE = queue


# --- helpers


def run_script(name: str, *args: Any) -> subprocess.Popen[str]:
    """A function ``script_…`` in a new process that leads a group of its own."""
    flags = ["--library"] if LIBRARY else []
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", __file__, MODEL, name, *map(str, args), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it printed to its two streams, once it and all below it have ended: each holds an end of the same pipes."""
    try:
        return process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        gone = process.poll() is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        _, told = process.communicate()
        what = "it has left processes behind" if gone else "it has not ended"
        raise AssertionError(f"{what}: {process.args}\n{told[-2000:]}") from None


def in_a_forked_child(work: Callable[[], object]) -> None:
    """Has the work done by a child that leaves at once after it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there are threads is what this is about
        pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    assert status_of(pid) == 0, "the child failed, see above"


def status_of(pid: int) -> int:
    """What a child ended with; one that hangs says where it does."""
    found: list[int] = []

    def ended() -> bool:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            found.append(status)
        return bool(done)

    try:
        eventually(ended, "the child's end")
    except AssertionError:
        os.kill(pid, signal.SIGABRT)
        raise
    return found[0]


def interrupt_main_in(function: str) -> Running:
    """Ctrl-C as soon as the main thread is in a function of that name."""
    return once_main_is_in(function, lambda: os.kill(os.getpid(), signal.SIGINT))


def once_main_is_in(function: str, act: Callable[[], object]) -> Running:
    main = threading.main_thread().ident
    assert main is not None

    def inside() -> bool:
        if MODEL == "interpreters" and not FREE_THREADED:
            # CPython 3.14 makes frame objects of other interpreters' threads here, under its own GIL, and crashes.
            with open(f"/proc/self/task/{os.getpid()}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[0] == "S"
        frame = sys._current_frames().get(main)
        while frame is not None:
            if frame.f_code.co_name == function:
                return True
            frame = frame.f_back
        return False

    def watch() -> None:
        eventually(inside, f"the main thread is in {function}()")
        act()

    return Running(watch)


def was_let_end(future: cf.Future[str]) -> bool:
    """Whether a task that was running at an interrupt came to its end, or was told of the interrupt."""
    error = future.exception(PATIENCE_S)
    return isinstance(error, KeyboardInterrupt) or (error is None and future.result() == "open")


def dies(reference: weakref.ref[Any], executor: Any = None) -> None:
    """That nothing keeps it. An object of a free thread's goes once that thread has run on: tasks make it do so."""
    ended = threading.Event()
    for _ in range(1000):
        if reference() is None:
            return
        if executor is not None:
            ended.clear()
            executor.submit(nothing).add_done_callback(lambda _: ended.set())
            assert ended.wait(PATIENCE_S)
        time.sleep(0.001)
    raise AssertionError(f"kept by {gc.get_referrers(reference())}")


class Input:
    """An iterator that counts how often it was advanced, and by which threads."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.items = iter(items)
        self.read = 0
        self.threads: set[int] = set()
        self.inside = threading.Lock()
        self.crowded = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if not self.inside.acquire(blocking=False):
            self.crowded = True
            raise RuntimeError("two threads at the same time")
        try:
            self.threads.add(threading.get_ident())
            item = next(self.items)
            self.read += 1
            return item
        finally:
            self.inside.release()


WAYS = ("result", "wait", "as_completed", "map", "map_unordered")


def wait_for(executor: Any, way: str, function: Callable[..., Any], *args: Any) -> Any:
    """The function's result by a task of the executor, waited for in one of the ways there are."""
    if way == "map":
        return next(executor.map(function, *([arg] for arg in args)))
    if way == "map_unordered":
        return next(executor.map_unordered(function, *([arg] for arg in args)))
    future = executor.submit(function, *args)
    if way == "wait":
        assert not cf.wait([future]).not_done
    elif way == "as_completed":
        assert list(cf.as_completed([future])) == [future]
    try:
        return future.result()
    finally:
        del future  # the failure's traceback has this frame, which must not have the failure


# --- tasks that wait for their own pool


def nest(executor: Any, way: str, depth: int) -> int:
    return 0 if depth == 0 else 1 + wait_for(executor, way, nest, executor, way, depth - 1)


def check_nesting(way: str) -> None:
    for workers in (1, 2):
        with pool(workers) as executor:
            futures = [executor.submit(nest, executor, way, depth) for depth in (1, 2, 50)]
            assert [future.result() for future in futures] == [1, 2, 50]
            assert list(executor.map(functools.partial(nest, executor, way), range(6))) == list(range(6))
            assert nest(executor, way, 50) == 50


@only(*NEAR)
def check_a_task_waits_for_its_own_pool_by_result() -> None:
    check_nesting("result")


@only(*NEAR)
def check_a_task_waits_for_its_own_pool_by_wait() -> None:
    check_nesting("wait")


@only(*NEAR)
def check_a_task_waits_for_its_own_pool_by_as_completed() -> None:
    check_nesting("as_completed")


@only(*NEAR)
def check_a_task_waits_for_its_own_pool_by_map() -> None:
    check_nesting("map")


@only(*NEAR)
def check_a_task_waits_for_its_own_pool_by_map_unordered() -> None:
    check_nesting("map_unordered")


def tree(executor: Any, depth: int) -> int:
    if depth == 0:
        return 1
    left, right = executor.submit(tree, executor, depth - 1), executor.submit(tree, executor, depth - 1)
    return left.result() + right.result()


def map_tree(executor: Any, depth: int, _: int = 0) -> int:
    return 1 if depth == 0 else sum(executor.map(functools.partial(map_tree, executor, depth - 1), range(3)))


@only(*NEAR)
def check_trees_of_tasks() -> None:
    for workers in (1, 2, 3):
        with pool(workers) as executor:
            assert tree(executor, 7) == 128
            assert executor.submit(tree, executor, 7).result() == 128
            assert executor.submit(map_tree, executor, 4).result() == 81


def quicksort(executor: Any, values: list[int]) -> list[int]:
    if len(values) < 2:
        return values
    pivot, rest = values[0], values[1:]
    low = executor.submit(quicksort, executor, [value for value in rest if value < pivot])
    high = executor.submit(quicksort, executor, [value for value in rest if value >= pivot])
    return [*low.result(), pivot, *high.result()]


@only(*NEAR)
def check_quicksort() -> None:
    values = [n * 7919 % 500 for n in range(200)]
    with pool(2) as executor:
        assert quicksort(executor, values) == sorted(values)


@only("threads")
def check_a_long_queue_of_tasks_that_wait() -> None:
    """A waiter that ran whatever stands first would have each of them on its stack."""
    for way in WAYS:
        with pool(2) as executor:
            futures = [executor.submit(wait_for, executor, way, square, n) for n in range(400)]
            assert [future.result() for future in futures] == [n * n for n in range(400)], way


@only("threads")
def check_a_task_waits_for_one_behind_others() -> None:
    def outer(executor: Any, way: str) -> list[Any]:
        futures = [executor.submit(square, n) for n in range(10)]
        if way == "last":
            return [futures[-1].result(), *(future.result() for future in futures[:-1])]
        if way == "all":
            return [future.result() for future in cf.wait(futures).done]
        if way == "first":
            return [cf.wait(futures, return_when=cf.FIRST_COMPLETED).done and 1, *(f.result() for f in futures[1:])]
        return [future.result() for future in cf.as_completed(futures)]

    for workers in (1, 2):
        with pool(workers) as executor:
            for way in ("last", "all", "first", "each"):
                assert len(executor.submit(outer, executor, way).result()) == 10, way


@only("threads")
def check_a_task_waits_where_an_initializer_ran() -> None:
    """There a task belongs into a worker, also one that another task waits for."""
    local = threading.local()

    def initialize() -> None:
        local.name = "initialized"

    def where(executor: Any, depth: int) -> list[tuple[str, bool]]:
        here = [(local.name, threading.current_thread().name.startswith("own-name"))]
        return here if depth == 0 else here + executor.submit(where, executor, depth - 1).result()

    for workers in (1, 2):
        with pool(workers, initializer=initialize, thread_name_prefix="own-name") as executor:
            assert executor.submit(where, executor, 20).result() == [("initialized", True)] * 21
            assert list(executor.map(where, [executor] * 3, range(3)))[2] == [("initialized", True)] * 3


@only("threads")
def check_a_task_belongs_into_a_worker_of_that_name() -> None:
    def name(_: Any = None) -> str:
        return threading.current_thread().name

    with pool(2, thread_name_prefix="own-name") as executor:
        names = [executor.submit(name).result(), *executor.map(name, range(20))]
        names += [wait_for(executor, way, name) for way in ("result", "wait", "as_completed")]
        assert all(each.startswith("own-name") for each in names), names


@only(*NEAR)
def check_a_pipeline_of_maps_over_one_pool() -> None:
    for workers in (1, 2):
        with pool(workers) as executor:
            once = executor.map(square, iter(range(1000)))
            twice = executor.map(square, once)
            assert sorted(executor.map_unordered(abs, twice)) == [n**4 for n in range(1000)]


@only(*NEAR)
def check_an_input_that_uses_the_pool_itself() -> None:
    with pool(1) as executor:

        def items() -> Iterator[int]:
            for n in range(600):
                yield executor.submit(square, n).result()

        assert list(executor.map(square, items())) == [n**4 for n in range(600)]


@only(*POOLS)
def check_the_result_of_one_task_is_the_argument_of_the_next() -> None:
    with pool(2) as executor:
        future = executor.submit(square, 2)
        for _ in range(5):
            future = executor.submit(abs, future.result(PATIENCE_S))
        assert future.result(PATIENCE_S) == 4


# --- where tasks run, and how many at the same time


@only("threads")
def check_tasks_run_though_nobody_waits_for_them() -> None:
    with pool(2) as executor:
        meeting = threading.Barrier(3)
        executor.submit(meeting.wait, PATIENCE_S)
        executor.submit(meeting.wait, PATIENCE_S)
        meeting.wait(PATIENCE_S)


@only("threads")
def check_two_tasks_meet_while_one_is_waited_for() -> None:
    for workers in (2, 4):
        for _ in range(50):
            with pool(workers) as executor:
                meeting = threading.Barrier(workers)
                futures = [executor.submit(meeting.wait, PATIENCE_S) for _ in range(workers)]
                assert sorted(future.result() for future in futures) == list(range(workers))


@only("threads")
def check_items_of_a_map_meet() -> None:
    """As many items as workers run at the same time: none waits behind another in a chunk."""
    for workers in (2, 4):
        for _ in range(50):
            meeting = threading.Barrier(workers)
            with pool(workers) as executor:
                for method in (executor.map, executor.map_unordered):
                    assert sorted(method(meeting.wait, [PATIENCE_S] * workers)) == list(range(workers))


@only("threads")
def check_few_items_meet_though_the_ones_before_were_done_by_who_took_them() -> None:
    with pool(2) as executor:
        for method in (executor.map, executor.map_unordered):
            for _ in range(5):
                for _ in range(50):
                    assert list(method(square, range(10))) == [n * n for n in range(10)] or method != executor.map
                meeting = threading.Barrier(2)
                assert sorted(method(meeting.wait, [PATIENCE_S] * 2)) == [0, 1]
                begun = threading.Barrier(3)  # nobody takes the results yet
                results = method(begun.wait, [PATIENCE_S] * 2)
                begun.wait(PATIENCE_S)
                assert sorted(results) in ([0, 1], [0, 2], [1, 2])


@only("threads")
def check_what_an_item_raises_is_the_same_whoever_runs_it() -> None:
    """The first items of a map are its taker's own to run."""

    def fail(error: BaseException | None) -> None:
        if error is not None:
            raise error

    with pool(2) as executor:
        for kind in (StopIteration, SystemExit, KeyboardInterrupt, OwnError):
            for before in (0, 1, 200):
                results = executor.map(fail, [None] * before + [kind("of the task")])
                assert list(itertools.islice(results, before)) == [None] * before
                error: BaseException | None
                try:
                    next(results)
                except BaseException as raised:
                    error = raised
                else:
                    raise AssertionError("it did not fail")
                if kind is StopIteration:  # as from any generator, and so from the library's
                    assert isinstance(error, RuntimeError)
                    error = error.__cause__
                assert type(error) is kind and str(error) == "of the task", repr(error)
                if sys.version_info >= (3, 11):
                    assert any(f"item {before} of " in note for note in error.__notes__), error.__notes__
        assert executor.submit(square, 3).result(PATIENCE_S) == 9


@only(*POOLS)
def check_two_items_of_a_map_meet_by_pipe() -> None:
    with gates(1) as (path,), pool(2) as executor:
        for order in (("open", "wait"), ("wait", "open")):
            assert list(executor.map(open_or_wait, [(kind, path) for kind in order])) == ["met", "met"]


@only("threads")
def check_never_more_than_max_workers() -> None:
    lock = threading.Lock()
    running = highest = 0

    def busy(_: Any = None) -> None:
        nonlocal running, highest
        with lock:
            running += 1
            highest = max(highest, running)
        for _ in range(200):
            pass
        with lock:
            running -= 1

    def call(executor: Any) -> None:
        for n in range(150):
            if n % 3 == 0:
                executor.submit(busy).result()
            elif n % 3 == 1:
                cf.wait([executor.submit(busy) for _ in range(3)])
            else:
                list(executor.map(busy, range(20)))

    sys.setswitchinterval(1e-5)
    for workers in (1, 2, 3):
        highest = 0
        with pool(workers) as executor:
            callers = [Running(call, executor) for _ in range(4)]
            for caller in callers:
                caller.end()
        assert highest <= workers, f"{highest} at the same time with {workers} workers"


@only("threads")
def check_threads_are_made_as_needed() -> None:
    before = threading.active_count()
    with pool(50) as executor:
        for n in range(10):
            assert executor.submit(square, n).result() == n * n
        assert threading.active_count() - before <= 10


def check_one_worker_starts_tasks_in_their_order() -> None:
    with pool(1) as executor:
        futures = [executor.submit(moment) for _ in range(200)]
        futures[-1].result(PATIENCE_S)
        started = [future.result(PATIENCE_S) for future in futures]
        assert started == sorted(started)
        started = list(executor.map(moment_of, range(50)))
        assert started == sorted(started)


def moment_of(_: int) -> int:
    return moment()


@only("threads")
def check_an_event_loop_inside_a_task_of_a_waiting_loop() -> None:
    """``submit(asyncio.run, …).result()`` is how one runs a coroutine where a loop runs already, as in a notebook."""

    async def inner() -> int:
        await asyncio.sleep(0)
        return 5

    async def outer(executor: Any) -> None:
        for _ in range(20):
            assert executor.submit(asyncio.run, inner()).result() == 5
            assert list(executor.map(lambda _: asyncio.run(inner()), range(3))) == [5, 5, 5]

    with pool(2) as executor:
        asyncio.run(outer(executor))


@only("threads")
def check_a_waiter_with_a_time_limit_is_not_kept() -> None:
    with gates(1) as (path,), pool(1) as executor:
        waiting = executor.submit(wait_at, path)
        for wait in (
            lambda: waiting.result(timeout=0.05),
            lambda: waiting.exception(timeout=0.05),
            lambda: next(executor.map(wait_at, [path], timeout=0.05)),
            lambda: next(executor.map_unordered(wait_at, [path], timeout=0.05)),
            lambda: list(cf.as_completed([waiting], timeout=0.05)),
        ):
            with raises(cf.TimeoutError):
                wait()
        assert cf.wait([waiting], timeout=0.05).not_done == {waiting}
        open_gate(path)
        assert waiting.result(PATIENCE_S) == "open"


@only("threads")
def check_several_threads_wait_for_one_task() -> None:
    for _ in range(50):
        with pool(2) as executor:
            future = executor.submit(square, 7)
            results: list[int] = []
            waiters = [Running(lambda f=future, r=results: r.append(f.result())) for _ in range(4)]
            assert future.result() == 49
            for waiter in waiters:
                waiter.end()
            assert results == [49] * 4


# --- interrupts and signals


@only(*POOLS)
def check_an_interrupt_in_result_drops_the_queue() -> None:
    with gates(2) as (started, path):
        with raises(KeyboardInterrupt), pool(1) as executor:
            running = executor.submit(wait_at, path, started)
            waiting = [executor.submit(square, n) for n in range(1000)]
            wait_at(started)
            opener = threading.Thread(target=open_gate, args=(path,), daemon=True)
            waiting[-1].add_done_callback(lambda _: opener.start())
            interrupt_main_in("result")
            running.result()
        assert was_let_end(running)
        # A process may have been handed the next few; a worker that is free takes one before they are dropped.
        assert sum(future.cancelled() for future in waiting) >= 990 and waiting[-1].cancelled()


@only(*POOLS)
def check_an_interrupt_in_map_drops_the_queue() -> None:
    with gates(2) as (started, path):
        with raises(KeyboardInterrupt), pool(1) as executor:
            running = executor.submit(wait_at, path, started)
            wait_at(started)
            results = executor.map(nap, range(5000))
            last = executor.submit(nothing)
            opener = threading.Thread(target=open_gate, args=(path,), daemon=True)
            last.add_done_callback(lambda _: opener.start())
            # By name: the frame the main thread is in for as long as it waits.
            interrupt_main_in("take_one")
            take_one(results)
        assert was_let_end(running) and last.cancelled()


def take_one(results: Iterator[Any]) -> Any:
    return next(results)


@only(*POOLS)
def check_an_interrupt_while_the_end_is_waited_for() -> None:
    with gates(2) as (started, path):
        executor = pool(1)
        running = executor.submit(wait_at, path, started)
        waiting = [executor.submit(square, n) for n in range(1000)]
        wait_at(started)
        opener = threading.Thread(target=open_gate, args=(path,), daemon=True)
        waiting[-1].add_done_callback(lambda _: opener.start())
        interrupt_main_in("shutdown")
        with raises(KeyboardInterrupt), executor:
            pass
        assert waiting[-1].cancelled() and was_let_end(running)


@only("threads")
def check_an_interrupt_while_the_waiter_runs_the_task_itself() -> None:
    def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        event = threading.Event()
        if threading.current_thread() is threading.main_thread():
            event.wait(PATIENCE_S)

    with raises(KeyboardInterrupt), pool(1) as executor:
        executor.submit(interrupted).result()
        time.sleep(PATIENCE_S)  # the signal may come a moment after the result
    with pool(1) as executor:
        assert executor.submit(square, 2).result() == 4


@only(*POOLS)
def check_a_script_ends_at_an_interrupt() -> None:
    """As the terminal does it: the signal goes to every process of the group."""
    for way in ("result", "map", "map_unordered", "shutdown"):
        script = run_script("script_to_interrupt", way)
        assert script.stdout is not None
        assert script.stdout.readline() == "ready\n", end_of(script)
        os.killpg(script.pid, signal.SIGINT)
        _, told = end_of(script)
        assert script.returncode in (-signal.SIGINT, 128 + signal.SIGINT), f"{way}: {script.returncode}, {told}"
        assert "Traceback" in told and "KeyboardInterrupt" in told, told


def script_to_interrupt(way: str) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the caller has it ignored
    with pool(2) as executor:
        if way in ("map", "map_unordered"):
            for n, _ in enumerate(getattr(executor, way)(nap, range(5000))):
                if n == 0:
                    print("ready", flush=True)
        futures = [executor.submit(nap, n) for n in range(5000)]
        futures[0].result()
        if way == "shutdown":
            once_main_is_in("shutdown", lambda: print("ready", flush=True))
            return
        print("ready", flush=True)
        for future in futures:
            future.result()


def count_inside(frame: Any) -> bool:
    """Whether code of the pool's is being run."""
    while frame is not None:
        if f"{os.sep}ungil{os.sep}" in frame.f_code.co_filename or "concurrent" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def check_submit_in_a_signal_handler() -> None:
    futures: list[cf.Future[int]] = []
    inside = 0

    def handle(number: int, frame: Any) -> None:
        nonlocal inside
        inside += count_inside(frame)
        futures.append(executor.submit(square, 3))

    signal.signal(signal.SIGALRM, handle)
    with pool(2) as executor:
        for n in range(3000):
            signal.setitimer(signal.ITIMER_REAL, (n % 40 + 1) * 1e-5)  # once: it must not interrupt itself
            assert executor.submit(square, n).result(PATIENCE_S) == n * n
            if n % 10 == 0:
                assert list(executor.map(square, [n])) == [n * n]
            if inside > 100:
                break
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert [future.result(PATIENCE_S) for future in futures] == [9] * len(futures)


def check_submit_at_every_line_of_submit() -> None:
    """What a signal handler or the collector may do at any time, at every place of the pool's own Python code."""
    with pool(2) as executor:

        def lines_of(at: int | None) -> int:
            """Submits, and once more at that line of the pool's code; the number of lines it went through."""
            count = 0
            more: list[cf.Future[int]] = []

            def trace(frame: Any, event: str, arg: Any) -> Any:
                nonlocal count
                if not count_inside(frame):
                    return None
                if event == "line":
                    count += 1
                    if count == at:
                        sys.settrace(None)
                        more.append(executor.submit(square, 3))
                return trace

            sys.settrace(trace)
            try:
                future = executor.submit(square, 2)
            finally:
                sys.settrace(None)
            assert future.result(PATIENCE_S) == 4
            assert [each.result(PATIENCE_S) for each in more] == ([] if at is None or count < at else [9])
            return count

        lines_of(None)
        longest = max(lines_of(None) for _ in range(5))
        for at in range(1, longest + 5):
            lines_of(at)
    # A new pool's first submit, which starts it: every line where that is cheap.
    for at in range(1, 400) if MODEL not in FAR else range(1, 60, 5):
        with pool(1) as executor:
            if lines_of(at) < at:
                break


@contextlib.contextmanager
def eager_collector() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    # The second one: a free-threaded build looks at the number of all objects otherwise.
    gc.set_threshold(1, *([0] if FREE_THREADED else []))
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class Cycle:
    """Submits as it is collected."""

    def __init__(self, executor: Any, futures: list[cf.Future[int]]) -> None:
        self.executor, self.futures = executor, futures
        self.itself = self

    def __del__(self) -> None:
        self.futures.append(self.executor.submit(square, 3))


def check_submit_by_the_collector() -> None:
    futures: list[cf.Future[int]] = []
    with pool(2) as executor:
        executor.submit(square, 1).result(PATIENCE_S)
        with eager_collector():
            for n in range(400):
                Cycle(executor, futures)
                assert executor.submit(square, n).result(PATIENCE_S) == n * n
                if n % 20 == 0:
                    assert list(executor.map(square, range(3))) == [0, 1, 4]
        gc.collect()
        assert len(futures) == 400, len(futures)
        assert [future.result(PATIENCE_S) for future in futures] == [9] * len(futures)


@only("threads")
def check_submit_by_the_collector_in_a_worker() -> None:
    futures: list[cf.Future[int]] = []
    with pool(2) as executor:

        def litter(n: int) -> int:
            Cycle(executor, futures)
            return n

        with eager_collector():
            assert [executor.submit(litter, n).result() for n in range(200)] == list(range(200))
            assert list(executor.map(litter, range(200))) == list(range(200))
        gc.collect()
        assert len(futures) == 400, len(futures)
        assert [future.result() for future in futures] == [9] * len(futures)


# --- forks and killed parents


@only("serial", "threads", "processes")
def check_an_inherited_pool_works_in_a_forked_child() -> None:
    with pool(2) as executor:
        assert executor.submit(square, 2).result(PATIENCE_S) == 4

        def work() -> None:
            assert executor.submit(square, 3).result(PATIENCE_S) == 9
            assert list(executor.map(square, range(50))) == [n * n for n in range(50)]
            futures = [executor.submit(square, n) for n in range(10)]
            assert not cf.wait(futures, PATIENCE_S).not_done
            executor.shutdown()

        in_a_forked_child(work)
        in_a_forked_child(work)
        assert list(executor.map(square, range(50))) == [n * n for n in range(50)]


@only("threads", "processes")
def check_a_busy_pool_works_in_a_forked_child() -> None:
    """The child has none of the parent's tasks, and does not wait for them."""
    with gates(2) as (started, path), pool(1) as executor:
        running = executor.submit(wait_at, path, started)
        waiting = [executor.submit(square, n) for n in range(20)]
        wait_at(started)

        def work() -> None:
            assert executor.submit(square, 3).result(PATIENCE_S) == 9
            executor.shutdown()

        in_a_forked_child(work)
        open_gate(path)
        assert running.result(PATIENCE_S) == "open"
        assert [future.result(PATIENCE_S) for future in waiting] == [n * n for n in range(20)]


@only("threads")
def check_a_fork_while_other_threads_submit() -> None:
    end = threading.Event()
    with pool(2) as executor:

        def keep_submitting() -> None:
            while not end.is_set():
                assert executor.submit(square, 2).result() == 4
                assert list(executor.map(square, range(5))) == [0, 1, 4, 9, 16]

        def work() -> None:
            assert executor.submit(square, 3).result(PATIENCE_S) == 9
            assert list(executor.map(square, range(5))) == [0, 1, 4, 9, 16]

        threads = [Running(keep_submitting) for _ in range(3)]
        try:
            for _ in range(20):
                in_a_forked_child(work)
        finally:
            end.set()
        for thread in threads:
            thread.end()


@only("serial", "threads", "processes")
def check_a_forked_child_ends_as_any_program() -> None:
    for way in ("unused", "used", "multiprocessing"):
        script = run_script("script_that_forks", way)
        printed, told = end_of(script)
        assert script.returncode == 0, f"{way}: {told}"
        expected = ["0", "9", "parent"] if way == "used" else ["0", "parent"]
        assert sorted(printed.split()) == expected, f"{way}: {printed} {told}"


def script_that_forks(way: str) -> None:
    import faulthandler

    faulthandler.cancel_dump_traceback_later()  # whose thread a child would wait for at its end, and does not have
    executor = pool(2)
    executor.submit(square, 2).result(PATIENCE_S)
    if way == "multiprocessing":
        process = multiprocessing.get_context("fork").Process(target=use_in_a_child, args=(executor,))
        process.start()
        process.join(PATIENCE_S)
        print(process.exitcode)
    else:
        pid = os.fork()
        if pid == 0:
            if way == "used":
                print(executor.submit(square, 3).result(PATIENCE_S))
            return  # leaves as the program does, with all it does at its end
        print(status_of(pid))
    assert executor.submit(square, 2).result(PATIENCE_S) == 4
    print("parent")


def use_in_a_child(executor: Any) -> None:
    assert executor.submit(square, 3).result(PATIENCE_S) == 9


@only("processes")
def check_workers_do_not_outlive_a_killed_parent() -> None:
    for method in multiprocessing.get_all_start_methods():
        for doing in ("nothing", "sleep", "spin"):
            with gates(2) as started:
                script = run_script("script_to_kill", method, doing, *started)
                assert script.stdout is not None
                assert script.stdout.readline() == "ready\n", end_of(script)
                script.kill()
                end_of(script)


def script_to_kill(method: str, doing: str, *started: str) -> None:
    executor = pool(2, mp_context=multiprocessing.get_context(method))
    assert executor.submit(square, 2).result(PATIENCE_S) == 4
    assert len(list(executor.map(square, range(10)))) == 10
    if doing != "nothing":
        task = {"sleep": sleep_for_ever, "spin": spin_for_ever}[doing]
        futures = [executor.submit(task, gate) for gate in started]
        for gate in started:
            wait_at(gate)
        assert not any(future.done() for future in futures)
    print("ready", flush=True)
    signal.pause()


# --- what is sent


@only(*POOLS)
def check_exceptions_that_are_hard_to_send() -> None:
    with pool(2) as executor:
        for kind, name, words in (
            ("keywords", "KeywordError", "so"),
            ("local", "LocalError", "from within"),
            ("refusing", "RefusingError", "why"),
            ("breaking", "BreakingError", "why"),
        ):
            for way in WAYS:
                with raises(Exception) as caught_by:
                    wait_for(executor, way, fail_with, kind)
                del caught_by
                try:
                    wait_for(executor, way, fail_with, kind)
                except Exception as error:
                    text = f"{type(error).__name__}: {error}"
                    assert name in text and words in text, f"{kind} by {way}: {text}"
        assert executor.submit(square, 2).result(PATIENCE_S) == 4


@only(*POOLS)
def check_attributes_of_an_exception_come_too() -> None:
    with pool(1) as executor:
        error = executor.submit(fail_with, "keywords").exception(PATIENCE_S)
        assert type(error) is KeywordError and (error.why, error.number, error.args) == ("so", 3, ("so",))


@only(*FAR)
def check_what_breaks_on_arrival_is_an_error_of_its_task() -> None:
    with pool(2) as executor:
        with raises(Exception, "on arrival"):
            executor.submit(arrive_broken).result(PATIENCE_S)
        with raises(Exception, "on arrival"):
            executor.submit(echo, BreaksOnArrival()).result(PATIENCE_S)
        with raises(Exception, "on arrival"):
            list(executor.map(echo, [1, 2, BreaksOnArrival(), 3]))
        assert executor.submit(square, 2).result(PATIENCE_S) == 4


@only(*FAR)
def check_results_that_cannot_be_sent_are_named_in_a_map() -> None:
    with pool(2) as executor:
        for each in (executor.map, executor.map_unordered):
            with raises(ungil.executor.SendError, "the result of generator_of", "a generator"):
                list(each(generator_of, range(3)))
        with raises(ungil.executor.SendError, "argument 1 of echo", "a generator"):
            list(executor.map(echo, [1, generator_of(3)]))
        assert executor.submit(square, 2).result(PATIENCE_S) == 4


def generator_of(n: int) -> Any:
    return (i for i in range(n))


@only(*POOLS)
def check_functions_of_the_main_module() -> None:
    with pool(2) as executor:
        assert list(executor.map(recursive, range(4))) == [1, 3, 5, 7]
        assert list(executor.map(Nested.Deeper.work, range(1, 4))) == [1, 2, 3]
        assert list(executor.map(functools.partial(pow, 2), range(4))) == [1, 2, 4, 8]
        assert list(executor.map(str.upper, "abc")) == ["A", "B", "C"]
        assert list(executor.map("{}-{}".format, "ab", "cd")) == ["a-c", "b-d"]
        assert list(executor.map(nested_generators, range(4))) == [0, 1, 3, 7]


def nested_generators(n: int) -> int:
    return sum(sum(OFFSET * i for i in range(j)) + OFFSET for j in (k + OFFSET for k in range(n)))


@only(*POOLS)
def check_large_payloads_both_ways_at_the_same_time() -> None:
    """Neither side may wait until the other has read."""
    size = 8 << 20
    with pool(2) as executor:
        blocks = [bytes([n]) * size for n in range(4)]
        assert list(executor.map(echo, blocks)) == blocks
        futures = [executor.submit(echo, block) for block in blocks]
        assert [future.result(PATIENCE_S) for future in futures] == blocks
        assert list(executor.map(size_of, blocks, chunksize=2)) == [size] * 4
        assert [len(block) for block in executor.map(payload, [0, 1, size, 70_000])] == [0, 1, size, 70_000]


@only(*POOLS)
def check_buffers_arrive_as_what_they_were() -> None:
    with pool(2) as executor:
        for value in (b"", b"ab" * 100_000, bytearray(b"ab" * 100_000), array.array("d", [1.5] * 50_000)):
            there_and_back = executor.submit(echo, value).result(PATIENCE_S)
            assert type(there_and_back) is type(value) and there_and_back == value
        first, second = executor.map(echo, [bytearray(100_000), bytearray(100_000)])
        first[5] = 1
        assert second[5] == 0


@only("processes")
def check_a_task_may_have_processes_of_its_own() -> None:
    with pool(2) as executor:
        assert executor.submit(child_process_of_a_task).result(PATIENCE_S) == 0


@only(*POOLS)
def check_a_task_may_have_a_pool_of_its_own() -> None:
    with pool(2) as executor:
        assert executor.submit(pools_in_a_pool, 4).result(PATIENCE_S) == [0, 1, 4, 9]
        assert list(executor.map(pools_in_a_pool, range(3))) == [[], [0], [0, 1]]


@only("processes")
def check_every_start_method() -> None:
    for method in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        with pool(2, mp_context=context, initializer=keep_queue, initargs=(queue,)) as executor:
            assert list(executor.map(recursive, range(4))) == [1, 3, 5, 7]
            assert executor.submit(put, 6).result(PATIENCE_S) == 6
            assert queue.get(timeout=PATIENCE_S) == 6


@only("processes")
def check_what_is_printed_comes_once() -> None:
    script = run_script("script_that_prints")
    printed, told = end_of(script)
    assert sorted(printed.split()) == ["after", "before", "worker"], (printed, told)
    assert script.returncode == 0


def script_that_prints() -> None:
    print("before")  # not flushed: standard output is a pipe
    with pool(2) as executor:
        executor.submit(print, "worker").result(PATIENCE_S)
    print("after")


# --- workers that die


def check_broken(executor: Any, *words: str) -> None:
    with raises(BrokenProcessPool, *words):
        executor.submit(square, 1)
    with raises(BrokenProcessPool):
        executor.map(square, [1])
    executor.shutdown()


@only("processes")
def check_a_worker_that_leaves() -> None:
    executor = pool(2)
    with raises(BrokenProcessPool) as caught:
        executor.submit(leave_with, 7).result(PATIENCE_S)
    del caught
    error = broken_by(leave_with, 7)
    assert re.search(r"\b7\b", error) and "cannot" in error, error
    eventually(lambda: is_broken(executor), "submit refuses")
    check_broken(executor)


def is_broken(executor: Any) -> bool:
    try:
        executor.submit(square, 1)
    except BrokenProcessPool:
        return True
    return False


def broken_by(function: Callable[..., Any], *args: Any) -> str:
    with pool(2) as executor:
        error = executor.submit(function, *args).exception(PATIENCE_S)
        assert type(error) is BrokenProcessPool, repr(error)
        return str(error)


@only("processes")
def check_a_worker_that_is_killed() -> None:
    error = broken_by(kill_itself, int(signal.SIGKILL))
    assert re.search(r"SIGKILL|signal 9\b", error) and "cannot" in error, error
    error = broken_by(kill_itself, int(signal.SIGTERM))
    assert re.search(r"SIGTERM|signal 15\b", error), error


@only("processes")
def check_pending_tasks_fail_with_a_dead_worker() -> None:
    with gates(2) as gate, pool(2) as executor:
        running = [executor.submit(wait_at, path) for path in gate[:1]]
        dying = executor.submit(leave_after, gate[1], 7)
        waiting = [executor.submit(square, n) for n in range(100)]
        open_gate(gate[1])
        for future in (*running, dying, *waiting[50:]):
            assert type(future.exception(PATIENCE_S)) is BrokenProcessPool
        assert not cf.wait(waiting, PATIENCE_S).not_done
        check_broken(executor)


@only("processes")
def check_maps_fail_with_a_dead_worker() -> None:
    for method in ("map", "map_unordered"):
        for items in (range(-20, 100), iter(range(-20, 1000))):
            with pool(2) as executor:
                results: Any = iter(())
                with raises(BrokenProcessPool):  # or at once, if it dies while items are still being read
                    results = getattr(executor, method)(leave_at_zero, items)
                    for result in results:
                        assert result <= 20
                assert next(results, "end") == "end"
                check_broken(executor)


def leave_at_zero(n: int) -> int:
    if n == 0:
        os._exit(3)
    return -n


@only("processes")
def check_an_idle_worker_that_is_killed() -> None:
    with pool(1) as executor:
        pid = executor.submit(process_id).result(PATIENCE_S)
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: fails_or_is_refused(executor), "the pool is broken")
        check_broken(executor)


def fails_or_is_refused(executor: Any) -> bool:
    try:
        return isinstance(executor.submit(square, 1).exception(PATIENCE_S), BrokenProcessPool)
    except BrokenProcessPool:
        return True


@only("processes")
def check_a_worker_that_dies_on_arrival_or_at_its_start() -> None:
    with pool(2) as executor:
        assert type(executor.submit(echo, DiesOnArrival()).exception(PATIENCE_S)) is BrokenProcessPool
    with pool(2, initializer=leave_with, initargs=(9,)) as executor:
        assert fails_or_is_refused(executor)


@only(*POOLS)
def check_an_initializer_that_leaves() -> None:
    with pool(2, initializer=sys.exit, initargs=(3,)) as executor:
        try:
            error = executor.submit(square, 1).exception(PATIENCE_S)
        except cf.BrokenExecutor as refused:
            error = refused
        assert isinstance(error, cf.BrokenExecutor), repr(error)


@only("processes")
def check_a_broken_pool_leaves_nothing() -> None:
    with nothing_left():
        for _ in range(3):
            executor = pool(3)
            futures = [executor.submit(square, n) for n in range(5)]
            executor.submit(leave_with, 7)
            futures += submit_while_possible(executor)
            assert not cf.wait(futures, PATIENCE_S).not_done
            executor.shutdown()
        del executor, futures


def submit_while_possible(executor: Any) -> list[cf.Future[int]]:
    futures: list[cf.Future[int]] = []
    try:
        while len(futures) < 10_000:
            futures.append(executor.submit(square, 1))
    except BrokenProcessPool:
        pass
    return futures


# --- the end of a pool


@only(*NEAR)
def check_shutdown_from_inside_a_task() -> None:
    for wait in (False, True):
        for cancel in (False, True):
            executor = pool(2)

            def end(executor: Any = executor, wait: bool = wait, cancel: bool = cancel) -> str:
                try:
                    executor.shutdown(wait, cancel_futures=cancel)
                except RuntimeError as error:
                    assert wait, error  # it cannot wait for itself, and may say so
                return "ended"

            assert executor.submit(end).result() == "ended"
            with raises(RuntimeError, "cannot schedule new futures after shutdown"):
                executor.submit(square, 1)
            executor.shutdown()


@only(*POOLS)
def check_shutdown_from_a_callback() -> None:
    for wait in (False, True):
        executor = pool(2)
        told: list[str] = []
        ended = threading.Event()

        def end(_: Any, executor: Any = executor, wait: bool = wait, told: Any = told, ended: Any = ended) -> None:
            try:
                executor.shutdown(wait)
            except RuntimeError as error:
                told.append(str(error))
            ended.set()

        future = executor.submit(square, 3)
        future.add_done_callback(end)
        assert ended.wait(PATIENCE_S) and future.result(PATIENCE_S) == 9
        assert wait or not told, told
        executor.shutdown()


def check_shutdown_from_two_threads() -> None:
    for _ in range(5):
        executor = pool(2)
        futures = [executor.submit(square, n) for n in range(50)]
        threads = [Running(executor.shutdown) for _ in range(2)]
        for thread in threads:
            thread.end()
        assert all(future.done() for future in futures)


@only("threads")
def check_shutdown_waits_for_a_worker_that_is_being_started() -> None:
    executor = pool(1)
    begun, go_on = threading.Event(), threading.Event()
    start = threading.Thread.start

    def start_late(thread: threading.Thread) -> None:
        if not isinstance(thread, Running):
            begun.set()
            assert go_on.wait(PATIENCE_S)
        start(thread)

    futures: list[Any] = []
    threading.Thread.start = start_late  # type: ignore[method-assign]  # for the check
    try:
        submitting = Running(lambda: futures.append(executor.submit(square, 3)))
        assert begun.wait(PATIENCE_S)
        ending = Running(executor.shutdown)
        eventually(lambda: _closed(executor), "the pool is closed")
        ending.join(0.2)  # which is enough for one that does not wait
        assert ending.is_alive()
        go_on.set()
        ending.end()
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]  # for the check
    submitting.end()
    assert futures[0].result(0) == 9


def _closed(executor: Any) -> bool:
    try:
        executor.submit(square, 1)
    except RuntimeError:
        return True
    return False


@only(*POOLS)
def check_shutdown_waits_the_second_time() -> None:
    with gates(2) as (started, path):
        executor = pool(1)
        running = executor.submit(wait_at, path, started)
        waiting = executor.submit(square, 3)
        wait_at(started)
        executor.shutdown(wait=False)
        ending = Running(executor.shutdown)
        assert not running.done()
        open_gate(path)
        ending.end()
        assert running.done() and waiting.result(0) == 9


@only(*POOLS)
def check_cancelled_futures_can_be_waited_for() -> None:
    with gates(2) as (started, path):
        executor = pool(1)
        running = executor.submit(wait_at, path, started)
        waiting = [executor.submit(square, n) for n in range(50)]
        wait_at(started)
        one_by_one = Running(lambda: list(cf.as_completed(waiting)))
        all_of_them = Running(lambda: cf.wait(waiting))
        executor.shutdown(wait=False, cancel_futures=True)
        # A process may have been handed the next few already.
        open_gate(path)
        assert not cf.wait(waiting, PATIENCE_S).not_done
        assert len(list(cf.as_completed(waiting, PATIENCE_S))) == 50
        one_by_one.end()
        all_of_them.end()
        assert running.result(PATIENCE_S) == "open"
        assert sum(future.cancelled() for future in waiting) >= 45 and waiting[-1].cancelled()
        executor.shutdown()


@only(*POOLS)
def check_a_cancelled_task_never_runs() -> None:
    with tempfile.TemporaryDirectory() as folder, gates(2) as (started, path):
        with pool(1) as executor:
            executor.submit(wait_at, path, started)
            futures = [executor.submit(touch, os.path.join(folder, str(n))) for n in range(40)]
            wait_at(started)
            cancelled = [future.cancel() for future in futures]
            assert all(cancelled[10:])
            open_gate(path)
        assert len(os.listdir(folder)) == cancelled.count(False)


@only(*POOLS)
def check_the_states_of_a_future() -> None:
    with gates(2) as (started, path), pool(1) as executor:
        running = executor.submit(wait_at, path, started)
        waiting = [executor.submit(square, n) for n in range(20)]
        wait_at(started)
        assert running.running() and not running.done() and "running" in repr(running) and not running.cancel()
        assert not waiting[-1].running() and not waiting[-1].done() and "pending" in repr(waiting[-1])
        assert waiting[-1].cancel() and waiting[-1].cancel() and waiting[-1].cancelled() and waiting[-1].done()
        with raises(cf.CancelledError):
            waiting[-1].exception(0)
        open_gate(path)
        assert running.result(PATIENCE_S) == "open" and not running.running() and "finished" in repr(running)


@only("threads")
def check_a_dropped_pool_works_off_its_queue() -> None:
    before = threading.active_count()
    ran: list[int] = []
    executor = pool(2)
    futures = [executor.submit(ran.append, n) for n in range(500)]
    del executor
    gc.collect()
    assert not cf.wait(futures, PATIENCE_S).not_done
    assert sorted(ran) == list(range(500))
    eventually(lambda: threading.active_count() <= before, "its threads end")


@only(*FAR)
def check_a_dropped_pool_leaves_nothing() -> None:
    with nothing_left():
        executor = pool(2)
        assert list(executor.map(square, range(5))) == [0, 1, 4, 9, 16]
        del executor
        gc.collect()


@only("threads")
def check_a_task_drops_the_last_reference_to_its_pool() -> None:
    before = threading.active_count()
    holder = [pool(2)]
    future = holder[0].submit(holder.clear)
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    assert done.wait(PATIENCE_S)
    gc.collect()
    eventually(lambda: threading.active_count() <= before, "its threads end")


def check_a_pool_dropped_while_results_are_taken() -> None:
    for items in (range(1000), iter(range(1000))):
        assert list(pool(2).map(square, items)) == [n * n for n in range(1000)]
    for items in (range(1000), iter(range(1000))):
        results = pool(2).map_unordered(square, items)
        gc.collect()
        assert sorted(results) == [n * n for n in range(1000)]


def check_a_map_whose_results_nobody_takes() -> None:
    """As in ``pool.map(print, items)``: everything is done before the pool ends."""
    for method in ("map", "map_unordered"):
        for lazily in (False, True):
            for kept in (False, True):
                with tempfile.TemporaryDirectory() as folder:
                    paths = [os.path.join(folder, str(n)) for n in range(600)]
                    with pool(2) as executor:
                        results = getattr(executor, method)(touch, iter(paths) if lazily else paths)
                        if not kept:
                            del results
                            gc.collect()
                    assert len(os.listdir(folder)) == 600, f"{method}, lazily {lazily}, kept {kept}"


@only(*POOLS)
def check_a_map_starts_by_itself() -> None:
    for items in (list, iter):
        for method in ("map", "map_unordered"):
            with gates(1) as (path,), pool(2) as executor:
                results = getattr(executor, method)(open_or_wait, items([("open", path)]))
                assert wait_at(path) == "met"  # nobody has asked for results
                assert list(results) == ["met"]


@only(*POOLS)
def check_a_closed_map_drops_what_has_not_begun() -> None:
    for way in ("close", "drop"):
        for items in (range(-1, 5000), iter(range(-1, 5000))):
            with tempfile.TemporaryDirectory() as folder, gates(2) as (started, path):
                with pool(1) as executor:
                    results = executor.map(functools.partial(touch_or_wait, folder, path, started), items)
                    assert next(results) == -1
                    wait_at(started)
                    if way == "close":
                        results.close()
                    del results
                    open_gate(path)
                    assert executor.submit(square, 2).result(PATIENCE_S) == 4
                # A chunk that has begun may come to its end.
                assert len(os.listdir(folder)) < 4000, len(os.listdir(folder))


def touch_or_wait(folder: str, path: str, started: str | None, n: int) -> int:
    if n == 0:
        wait_at(path, started)
    elif n > 0:
        touch(os.path.join(folder, str(n)))
    return n


def check_results_after_the_end_of_the_pool() -> None:
    with pool(2) as executor:
        whole = executor.map(square, range(1000))
        untouched = executor.map(square, iter(range(1000)))
        begun = executor.map(square, iter(range(100_000)))
        assert next(begun) == 0
    assert list(whole) == list(untouched) == [n * n for n in range(1000)]
    taken = [0]
    with raises(RuntimeError, "cannot schedule new futures after shutdown"):
        for result in begun:
            taken.append(result)
    assert taken == [n * n for n in range(len(taken))] and len(taken) < 100_000
    assert next(begun, "end") == "end"


def check_pools_leave_nothing() -> None:
    with nothing_left():
        for workers in (1, 2, 3) * 3:
            with pool(workers) as executor:
                assert executor.submit(square, 2).result(PATIENCE_S) == 4
                assert list(executor.map(square, range(20))) == [n * n for n in range(20)]
                results = executor.map(square, itertools.count())
                next(results)
        del executor, results
        for results in (ungil.map(square, range(100), model=MODEL, max_workers=2) for _ in range(3)):
            assert next(results) == 0
            results.close()


def check_a_program_that_just_ends() -> None:
    for way in ("open", "not waited for", "with its own status", "at exit"):
        with tempfile.TemporaryDirectory() as folder:
            script = run_script("script_that_just_ends", way, folder)
            _, told = end_of(script)
            assert script.returncode == (3 if way == "with its own status" else 0), told
            expected = 51 if way == "at exit" and "refused" not in told else 50
            assert len(os.listdir(folder)) == expected, f"{way}: {len(os.listdir(folder))} of {expected}, {told}"


def script_that_just_ends(way: str, folder: str) -> None:
    executor = pool(2)

    def one_more() -> None:
        try:
            executor.submit(touch, os.path.join(folder, "50")).result(PATIENCE_S)
        except RuntimeError:
            print("refused", file=sys.stderr)

    if way == "at exit":
        atexit.register(one_more)
    for n in range(50):
        executor.submit(touch, os.path.join(folder, str(n)))
    if way == "not waited for":
        executor.shutdown(wait=False)
    if way == "with its own status":
        sys.exit(3)


# --- what is kept, and for how long


@contextlib.contextmanager
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def check_failures_leave_no_cycles() -> None:
    """What only the collector would free keeps everything the frames of the failure held."""
    for way in WAYS:
        with no_collector():
            with pool(1) as executor:
                reference = failure_by(executor, way)
                if not FREE_THREADED:
                    dies(reference)
            del executor
            dies(reference)


def failure_by(executor: Any, way: str) -> weakref.ref[Any]:
    try:
        wait_for(executor, way, fail_own, 1)
    except OwnError as error:
        return weakref.ref(error)
    raise AssertionError("no failure")


@only(*POOLS)
def check_results_are_let_go_as_they_are_taken() -> None:
    for method in ("map", "map_unordered"):
        for items in (range(300), iter(range(300))):
            with no_collector(), pool(1) as executor:
                results = getattr(executor, method)(thing, items)
                taken = next(results)
                reference = weakref.ref(taken)
                del taken
                dies(reference, executor)
                assert len(list(results)) == 299


@only(*POOLS)
def check_arguments_are_let_go() -> None:
    with no_collector(), pool(1) as executor:
        argument = Thing()
        reference = weakref.ref(argument)
        future = executor.submit(size_or_nothing, argument)
        del argument
        assert future.result(PATIENCE_S) is None
        dies(reference, executor)  # though the future lives on
        arguments = [Thing() for _ in range(5)]
        references = [weakref.ref(each) for each in arguments]
        results = executor.map(size_or_nothing, iter(arguments))
        del arguments
        assert [next(results) for _ in range(5)] == [None] * 5
        for reference in references[:-1]:  # zip() keeps the last one
            dies(reference, executor)  # though the iterator lives on
        assert list(results) == [] and future.done()


def size_or_nothing(_: Any) -> None:
    return None


@only("threads")
def check_futures_are_let_go() -> None:
    with no_collector(), pool(1) as executor:
        reference = weakref.ref(executor.submit(nothing))
        dies(reference, executor)


def check_a_long_input_is_read_as_results_are_taken() -> None:
    items = Input(range(200_000))
    with pool(2) as executor:
        results = executor.map(abs, items)
        assert 0 < items.read <= 1024, f"{items.read} read by map() itself"
        ahead = 0
        for n, result in enumerate(results):
            assert result == n
            ahead = max(ahead, items.read - n)
        assert items.read == 200_000
        assert ahead < 50_000, f"{ahead} items ahead of the results"
        assert items.threads == {threading.get_ident()}


def check_an_input_without_end() -> None:
    with pool(2) as executor:
        for method in (executor.map, executor.map_unordered):
            items = Input(itertools.count())
            results = method(square, items)
            taken = sorted(itertools.islice(results, 2000))
            assert len(set(taken)) == 2000
            read = items.read
            # Nobody takes results now, so nothing is read.
            assert list(executor.map(square, range(50))) == [n * n for n in range(50)]
            assert items.read == read < 100_000
            results.close()
            assert items.read == read


def check_buffersize_is_exact() -> None:
    with pool(2) as executor:
        for method in (executor.map, executor.map_unordered):
            for size in (1, 2, 5, 300):
                items = Input(itertools.count())
                results = method(square, items, buffersize=size)
                assert items.read == size
                for taken in range(1, 20):
                    next(results)
                    told = f"{items.read} read, {taken} taken, buffersize {size}"
                    # As in the standard library; it has no other order.
                    assert items.read == size + taken or method == executor.map_unordered, told
                    assert items.read <= size + taken, told
                results.close()


@only(*POOLS)
def check_buffersize_bounds_containers_too() -> None:
    """Items beyond it are not begun, whatever they stand in."""
    with tempfile.TemporaryDirectory() as folder, pool(2) as executor:
        results = executor.map(touch, [os.path.join(folder, str(n)) for n in range(100)], buffersize=3)
        assert executor.submit(square, 2).result(PATIENCE_S) == 4
        assert len(os.listdir(folder)) <= 3
        assert list(results) == [None] * 100


def check_only_the_consumer_reads() -> None:
    items = Input(range(3000))
    with pool(3) as executor:
        results = executor.map(square, items)
        assert items.threads == {threading.get_ident()}
        taken: list[int] = []
        consumer = Running(lambda: taken.extend(results))
        consumer.end()
        assert taken == [n * n for n in range(3000)]
        assert items.threads == {threading.get_ident(), consumer.ident} and not items.crowded


@only("threads")
def check_two_consumers_do_not_read_at_the_same_time() -> None:
    items = Input(range(5000))
    sys.setswitchinterval(1e-5)
    with pool(2) as executor:
        for method in (executor.map, executor.map_unordered):
            items = Input(range(5000))
            results = method(square, items)
            taken: list[int] = []

            def consume(results: Any = results, taken: list[int] = taken) -> None:
                while True:
                    try:
                        taken.append(next(results))
                    except ValueError as error:  # what a generator says: the other one is in it
                        assert "already executing" in str(error)
                    except StopIteration:
                        return

            consumers = [Running(consume) for _ in range(3)]
            for consumer in consumers:
                consumer.end()
            assert not items.crowded and sorted(taken) == [n * n for n in range(5000)]


def check_an_input_that_fails_comes_in_its_turn() -> None:
    def items(number: int) -> Iterator[int]:
        yield from range(number)
        raise OwnError("the input")

    with pool(2) as executor:
        for method in ("map", "map_unordered"):
            with raises(OwnError, "the input"):
                list(getattr(executor, method)(square, items(5)))
            taken = []
            with raises(OwnError, "the input"):
                for result in getattr(executor, method)(square, items(1000)):
                    taken.append(result)
            if method == "map":
                assert taken == [n * n for n in range(1000)]
        assert executor.submit(square, 2).result(PATIENCE_S) == 4


@only(*POOLS)
def check_an_early_stuck_item_does_not_hold_up_the_others() -> None:
    with gates(1) as (path,), pool(2) as executor:
        results = executor.map_unordered(square_or_wait, [path, *range(20)])
        first = [next(results) for _ in range(15)]
        assert set(first) <= {n * n for n in range(20)}
        open_gate(path)
        assert sorted(map(str, [*first, *results])) == sorted(["open", *(str(n * n) for n in range(20))])


@only(*POOLS)
def check_results_before_a_stuck_item_come() -> None:
    for before in range(1, 6):
        with gates(1) as (path,), pool(2) as executor:
            results = executor.map(square_or_wait, [*range(before), path])
            assert [next(results) for _ in range(before)] == [n * n for n in range(before)]
            open_gate(path)
            assert list(results) == ["open"]


@only(*POOLS)
def check_items_after_a_stuck_one_are_done_meanwhile() -> None:
    with tempfile.TemporaryDirectory() as folder, gates(1) as (path,), pool(2) as executor:
        results = executor.map(functools.partial(touch_or_wait, folder, path, None), range(20))
        # The last few may stand behind the stuck one.
        eventually(lambda: len(os.listdir(folder)) >= 15, "the others are done")
        open_gate(path)
        assert list(results) == list(range(20))


def check_a_map_over_nothing() -> None:
    with pool(2) as executor:
        assert list(executor.map(square)) == list(executor.map_unordered(square)) == []
        assert list(executor.map(square, iter(()))) == []
        results = executor.map(square, [3])
        assert [*results, *results] == [9]


def check_results_are_one_iterator() -> None:
    """However it is taken from: a loop that is left does not end it."""
    with pool(2) as executor:
        for items in (range(600), iter(range(600))):
            for method in (executor.map, executor.map_unordered):
                results = method(square, items if isinstance(items, range) else iter(range(600)))
                taken = [next(results), next(iter(results))]
                for result in results:
                    taken.append(result)
                    if len(taken) == 5:
                        break
                taken += itertools.islice(results, 5)
                assert len(taken) == 10
                taken += results
                assert sorted(taken) == [n * n for n in range(600)] and next(results, "end") == "end"


def check_failures_name_their_item() -> None:
    if sys.version_info < (3, 11):
        return
    with pool(2) as executor:
        for method in ("map", "map_unordered"):
            for size in (None, 1, 7):
                error = failure_of(list, getattr(executor, method)(reciprocal, range(10, -1, -1), chunksize=size))
                assert any("item 10 of " in note for note in error.__notes__), error.__notes__
                error = failure_of(list, getattr(executor, method)(reciprocal, iter(range(300, -1, -1))))
                assert any("item 300 of " in note for note in error.__notes__), error.__notes__


def reciprocal(x: int) -> float:
    return 1 / x


def failure_of(function: Callable[..., Any], *args: Any) -> Any:
    try:
        function(*args)
    except Exception as error:
        return error
    raise AssertionError("it did not fail")


# --- context variables


@only("threads")
def check_context_variables_are_as_this_python_has_them() -> None:
    """A thread starts with a copy of its maker's context if ``thread_inherit_context`` is on, else with none."""
    inherits = bool(getattr(sys.flags, "thread_inherit_context", 0))
    VARIABLE.set("outer")
    decimal.getcontext().prec = 7
    with pool(2) as executor:
        expected = "outer" if inherits else "unset"
        for way in WAYS:
            assert wait_for(executor, way, read_variable, 0) == expected, way
        assert set(executor.map(read_variable, range(100))) == {expected}
        digits = executor.submit(lambda: decimal.getcontext().prec).result()
        assert digits == (7 if inherits else 28), digits
        for way in WAYS:
            wait_for(executor, way, VARIABLE.set, "inner")
            assert VARIABLE.get() == "outer", f"a task has changed its caller's by {way}"


@only("interpreters")
def check_context_variables_do_not_reach_interpreters() -> None:
    VARIABLE.set("outer")
    with pool(2) as executor:
        assert set(executor.map(read_variable, range(4))) == {"unset"}


# --- beside other parts of the standard library


def check_asyncio() -> None:
    async def program(executor: Any) -> None:
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(executor, square, 3) == 9
        several = [loop.run_in_executor(executor, square, n) for n in range(50)]
        assert await asyncio.gather(*several) == [n * n for n in range(50)]
        assert await asyncio.wrap_future(executor.submit(square, 4)) == 16
        with raises(OwnError, "own Thing"):
            await loop.run_in_executor(executor, fail_own)

    with pool(2) as executor:
        asyncio.run(program(executor))


@only(*POOLS)
def check_asyncio_cancels() -> None:
    async def program(executor: Any, started: str, path: str) -> None:
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(executor, wait_at, path, started)
        waiting = [executor.submit(square, n) for n in range(20)]
        wait_at(started)
        wrapped = asyncio.wrap_future(waiting[-1])
        with raises(asyncio.TimeoutError):
            await asyncio.wait_for(wrapped, 0.01)
        assert waiting[-1].cancelled()
        open_gate(path)
        assert await running == "open"
        assert await asyncio.wrap_future(waiting[0]) == 0

    with gates(2) as (started, path), pool(1) as executor:
        asyncio.run(program(executor, started, path))


def check_waiting_for_futures_of_several_pools() -> None:
    by_hand: cf.Future[int] = cf.Future()
    with pool(2) as executor, pool(1) as another, cf.ThreadPoolExecutor(1) as library:
        futures = [each.submit(square, n) for n in range(10) for each in (executor, another, library)]
        everything = [*futures, by_hand]
        completed = cf.as_completed(everything, PATIENCE_S)
        assert {next(completed) for _ in futures} == set(futures)
        assert cf.wait(everything, 0).not_done == {by_hand}
        setting = Running(by_hand.set_result, 5)
        assert next(completed) is by_hand
        setting.end()
        assert not cf.wait(everything).not_done


@only(*POOLS)
def check_waiting_for_the_first() -> None:
    with gates(2) as (started, path), pool(2) as executor, cf.ThreadPoolExecutor(1) as library:
        stuck = executor.submit(wait_at, path, started)
        other = library.submit(threading.Event().wait, 0)
        wait_at(started)
        failing = executor.submit(fail_own)
        done, not_done = cf.wait([stuck, failing], PATIENCE_S, cf.FIRST_EXCEPTION)
        assert failing in done and stuck in not_done
        quick = executor.submit(square, 3)
        done, _ = cf.wait([stuck, quick], PATIENCE_S, cf.FIRST_COMPLETED)
        assert done == {quick}
        assert next(cf.as_completed([stuck, other], PATIENCE_S)) is other
        open_gate(path)
        assert not cf.wait([stuck, quick, failing, other], PATIENCE_S).not_done


@only(*POOLS)
def check_time_limits_of_maps() -> None:
    for method in ("map", "map_unordered"):
        with gates(2) as (started, path), pool(1) as executor:
            task = functools.partial(touch_or_wait, "", path, started)
            results = getattr(executor, method)(task, [-1, 0, -2], timeout=0.2)
            wait_at(started)
            with raises(cf.TimeoutError):
                for result in results:
                    assert result == -1
            assert next(results, "end") == "end"
            open_gate(path)
            assert executor.submit(square, 2).result(PATIENCE_S) == 4


def check_callbacks_run_once_and_their_failures_are_told() -> None:
    told: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = told.append  # type: ignore[method-assign]  # a handler of ours
    logger = logging.getLogger("concurrent.futures")
    logger.addHandler(handler)
    logger.propagate = False
    calls: collections.Counter[int] = collections.Counter()

    def fail_in_a_callback(_: Any) -> None:
        raise OwnError("in a callback")

    with pool(2) as executor:
        futures = [executor.submit(square, n) for n in range(100)]
        for n, future in enumerate(futures):
            future.add_done_callback(lambda _, n=n: calls.update([n]))
        failing = executor.submit(square, 3)
        failing.add_done_callback(fail_in_a_callback)
        failing.add_done_callback(lambda _: calls.update([100]))
        assert failing.result(PATIENCE_S) == 9
        for future in futures:
            future.result(PATIENCE_S)
    failing.add_done_callback(lambda _: calls.update([101]))
    assert calls == collections.Counter(range(102))
    assert len(told) == 1 and told[0].exc_info is not None and told[0].exc_info[0] is OwnError


@only(*POOLS)
def check_a_callback_may_submit() -> None:
    ended = threading.Event()
    results: list[int] = []
    with pool(2) as executor:

        def more(future: cf.Future[int]) -> None:
            results.append(future.result())
            if len(results) < 20:
                executor.submit(square, len(results)).add_done_callback(more)
            else:
                ended.set()

        executor.submit(square, 0).add_done_callback(more)
        assert ended.wait(PATIENCE_S)
    assert results == [n * n for n in range(20)]


def check_native_threads_are_chosen() -> None:
    for choice in ("auto", None, 1, 2):
        with pool(2, native_threads=choice) as executor:
            assert list(executor.map(square, range(5))) == [0, 1, 4, 9, 16]


# --- all of them


def names() -> list[str]:
    return [
        name
        for name, check in globals().items()
        if name.startswith("check_") and MODEL in getattr(check, "models", (MODEL,)) and name not in NOT_CHECKS
    ]


NOT_CHECKS = ("check_nesting", "check_broken")


def run_one(name: str, args: list[str]) -> None:
    import faulthandler  # where a worker interpreter does not come by: it may not load it

    faulthandler.enable()
    faulthandler.dump_traceback_later(LIMIT_S, exit=True)  # also if the program does not come to its end
    try:
        globals()[name](*args)
    except (AssertionError, Exception) as error:
        traceback.print_exception(type(error), error, error.__traceback__)
        sys.stderr.flush()
        os._exit(1)  # what went wrong may also keep the program from ending


def run_apart(name: str) -> str | None:
    """What went wrong, if anything did."""
    process = run_script(name)
    try:
        _, told = process.communicate(timeout=LIMIT_S + PATIENCE_S)
    except subprocess.TimeoutExpired:
        gone = process.poll() is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        _, told = process.communicate()
        return f"{'it has left processes behind' if gone else 'it hangs'}: {told[-4000:]}"
    return None if process.returncode == 0 else f"exit status {process.returncode}: {told[-4000:]}"


def main() -> None:
    args = [arg for arg in sys.argv[2:] if arg != "--library"]
    if args:
        run_one(args[0], args[1:])
        return
    with cf.ThreadPoolExecutor(AT_ONCE) as runners:
        outcomes = dict(zip(names(), runners.map(run_apart, names()), strict=True))
    print(json.dumps({name: outcome for name, outcome in outcomes.items() if outcome is not None}))


if __name__ == "__main__":
    main()

"""What a pool promises, as checks that any model on any interpreter has to pass.

Run as a program by the interpreter under test: ``python conformance.py MODEL``. Prints a JSON object of the checks
that failed, with their tracebacks. Tasks wait for each other through named pipes, which every kind of worker can open.
"""

from __future__ import annotations

import concurrent.futures as cf
import contextlib
import functools
import gc
import itertools
import json
import math
import os
import pickle
import sys
import tempfile
import threading
import traceback
from typing import Any

import helper_beside_the_script

import ungil
from ungil.executor import SendError

PATIENCE_S = 60
"""Only ever reached by a pool that hangs."""

FAR = ("interpreters", "processes")
MODEL = sys.argv[1] if len(sys.argv) > 1 else ""


def pool(workers: int = 2, **options: Any) -> ungil.Executor:
    return ungil.Executor(workers, model=MODEL, **options)


# --- tasks


def square(x: int) -> int:
    return x * x


def roots(n: int) -> float:
    return sum(math.sqrt(i) for i in range(n))  # its only global stands in a nested function


def keywords(a: int, *, b: int) -> tuple[int, int]:
    return a, b


def fail(message: str) -> None:
    raise ValueError(message, 42)


class SeveralArgumentsError(Exception):
    def __init__(self, name: str, number: int) -> None:
        super().__init__(f"{name} {number}")
        self.name, self.number = name, number


def fail_awkwardly() -> None:
    raise SeveralArgumentsError("so", 3)


def fail_unpicklably() -> None:
    raise ValueError(threading.Lock())


def stop() -> None:
    raise StopIteration("enough")


def leave() -> None:
    sys.exit(3)


def interrupt() -> None:
    raise KeyboardInterrupt("by hand")


def third_fails(x: int) -> int:
    if x == 3:
        raise ValueError("three")
    return x


def wait_at(gate: str, started: str | None = None) -> str:
    if started is not None:
        open_gate(started)
    with open(gate) as file:
        return file.read()


def generator() -> Any:
    return (i for i in range(3))


def die() -> None:
    os._exit(7)


def initialize(value: int) -> None:
    global INITIALIZED
    INITIALIZED = value


def initialized() -> int:
    return INITIALIZED


def fail_to_start() -> None:
    raise RuntimeError("no start")


def squares_by_pool(n: int) -> list[int]:
    with ungil.Executor(2, model="serial") as inner:
        return list(inner.map(square, range(n)))


# --- helpers


@contextlib.contextmanager
def gates(number: int) -> Any:
    """Paths of named pipes; a task reading one goes on when :func:`open_gate` has opened it."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, str(n)) for n in range(number)]
        for path in paths:
            os.mkfifo(path)
        yield paths


def open_gate(path: str, text: str = "open") -> None:
    with open(path, "w") as file:  # returns when a reader is there
        file.write(text)


@contextlib.contextmanager
def raises(kind: type[BaseException], *parts: str) -> Any:
    try:
        yield
    except kind as error:
        for part in parts:
            assert part in str(error), f"{part!r} is not in {error!s}"
    else:
        raise AssertionError(f"no {kind.__name__}")


def only(*models: str) -> Any:
    """The check is about these models alone."""

    def mark(check: Any) -> Any:
        check.models = models
        return check

    return mark


# --- results


def check_submit_gives_the_result() -> None:
    with pool() as executor:
        assert executor.submit(square, 7).result(PATIENCE_S) == 49
        assert executor.submit(keywords, 1, b=2).result(PATIENCE_S) == (1, 2)
        assert executor.submit(functools.partial(keywords, b=4), 3).result(PATIENCE_S) == (3, 4)
        assert executor.submit(roots, 5).result(PATIENCE_S) == roots(5)
        assert executor.submit(pow, 2, 5).result(PATIENCE_S) == 32


def check_an_argument_may_have_any_name() -> None:
    with pool() as executor:
        future = executor.submit(dict, fn=1, self=2)
        assert future.result(PATIENCE_S) == {"fn": 1, "self": 2}


def check_many_tasks() -> None:
    with pool(3) as executor:
        futures = [executor.submit(square, n) for n in range(300)]
        assert [future.result(PATIENCE_S) for future in futures] == [n * n for n in range(300)]


def check_modules_beside_the_script_are_found() -> None:
    with pool() as executor:
        assert executor.submit(helper_beside_the_script.double, 4).result(PATIENCE_S) == 8


def check_a_pool_inside_a_task() -> None:
    with pool() as executor:
        assert executor.submit(squares_by_pool, 4).result(PATIENCE_S) == [0, 1, 4, 9]


def check_map_keeps_the_order() -> None:
    with pool(3) as executor:
        assert list(executor.map(square, range(20))) == [n * n for n in range(20)]
        assert list(executor.map(pow, (2, 3, 4), (5, 2))) == [32, 9]
        assert list(executor.map(square, [])) == []


def check_map_in_chunks() -> None:
    with pool() as executor:
        for size in (1, 2, 3, 100):
            assert list(executor.map(square, range(7), chunksize=size)) == [n * n for n in range(7)]


def check_map_unordered_gives_each_once() -> None:
    with pool() as executor:
        assert sorted(executor.map_unordered(square, range(20))) == [n * n for n in range(20)]
        assert sorted(executor.map_unordered(square, range(7), chunksize=3)) == [n * n for n in range(7)]


@only("threads", "interpreters", "processes")
def check_map_unordered_gives_the_first_done_first() -> None:
    with gates(2) as paths, pool(2) as executor:
        results = executor.map_unordered(wait_at, paths)
        open_gate(paths[1], "second")
        assert next(results) == "second"
        open_gate(paths[0], "first")
        assert list(results) == ["first"]


def check_buffersize_reads_arguments_as_needed() -> None:
    read = itertools.count()
    with pool() as executor:
        for each in (executor.map, executor.map_unordered):
            results = each(square, read, buffersize=3)
            for _ in range(4):
                next(results)
            results.close()
    assert next(read) <= 2 * (3 + 4)


def check_map_of_the_package() -> None:
    assert list(ungil.map(square, range(5), model=MODEL, max_workers=2)) == [0, 1, 4, 9, 16]


# --- failures


def check_an_exception_comes_back() -> None:
    with pool() as executor:
        error = executor.submit(fail, "why").exception(PATIENCE_S)
        assert type(error) is ValueError and error.args == ("why", 42)
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        assert "in fail" in text and "raise ValueError(message, 42)" in text
        assert executor.submit(square, 2).result(PATIENCE_S) == 4


def check_an_exception_with_arguments_of_its_own() -> None:
    with pool() as executor:
        error = executor.submit(fail_awkwardly).exception(PATIENCE_S)
        assert type(error) is SeveralArgumentsError and (error.name, error.number) == ("so", 3)
        assert executor.submit(square, 2).result(PATIENCE_S) == 4


def check_an_exception_that_cannot_be_sent() -> None:
    with pool() as executor:
        assert type(executor.submit(fail_unpicklably).exception(PATIENCE_S)) is ValueError
        assert executor.submit(square, 2).result(PATIENCE_S) == 4


def check_exits_are_outcomes() -> None:
    with pool() as executor:
        assert type(executor.submit(leave).exception(PATIENCE_S)) is SystemExit
        assert type(executor.submit(interrupt).exception(PATIENCE_S)) is KeyboardInterrupt
        assert type(executor.submit(stop).exception(PATIENCE_S)) is StopIteration


def check_a_failure_in_map_has_its_turn() -> None:
    for size in (1, 2, 5):
        with pool() as executor:
            results = executor.map(third_fails, range(6), chunksize=size)
            assert [next(results) for _ in range(3)] == [0, 1, 2]
            with raises(ValueError, "three"):
                next(results)


def check_wrong_arguments() -> None:
    for workers in (0, -1):
        with raises(ValueError, "max_workers must be greater than 0"):
            pool(workers)
    with raises(TypeError, "initializer must be a callable"):
        pool(initializer=3)
    with raises(ValueError, "unknown model 'fibres'"):
        ungil.Executor(model="fibres")
    with pool() as executor:
        with raises(ValueError, "chunksize must be >= 1"):
            executor.map(square, [1], chunksize=0)
        with raises(ValueError, "buffersize must be None or > 0"):
            executor.map(square, [1], buffersize=0)
        with raises(TypeError, "buffersize must be an integer or None"):
            executor.map(square, [1], buffersize="2")
        with raises(TypeError):
            executor.submit()


@only("serial", "threads")
def check_anything_can_be_a_task_here() -> None:
    kept: list[Any] = []
    with pool() as executor:
        executor.submit(lambda: kept.append(threading.Lock())).result(PATIENCE_S)
        assert list(executor.submit(generator).result(PATIENCE_S)) == [0, 1, 2]
    assert len(kept) == 1


@only(*FAR)
def check_what_cannot_be_sent_is_named() -> None:
    with pool() as executor:
        here = f"({os.path.abspath(__file__)}:"
        if "cloudpickle" not in sys.modules and not has_cloudpickle():
            with raises(SendError, "the function check_what", "<lambda> " + here, "install cloudpickle"):
                executor.submit(lambda: 1).result(PATIENCE_S)
        with raises(SendError, "argument 2 of pow", "a _thread.lock"):
            executor.submit(pow, 1, threading.Lock()).result(PATIENCE_S)
        with raises(SendError, "argument 'b' of keywords " + here, "a generator"):
            executor.submit(keywords, 1, b=generator()).result(PATIENCE_S)
        with raises(SendError, "the result of generator " + here, "a generator"):
            executor.submit(generator).result(PATIENCE_S)
        assert executor.submit(square, 2).result(PATIENCE_S) == 4


def has_cloudpickle() -> bool:
    import importlib.util

    return importlib.util.find_spec("cloudpickle") is not None


@only("processes")
def check_a_worker_that_dies_breaks_the_pool() -> None:
    with pool(1) as executor:
        with raises(cf.BrokenExecutor, "terminated abruptly"):
            executor.submit(die).result(PATIENCE_S)
        with raises(cf.BrokenExecutor):
            executor.submit(square, 1)


@only("interpreters")
def check_an_extension_that_refuses_is_named() -> None:
    name = next((name for name in ("_curses", "readline", "_testsinglephase") if importable(name)), None)
    if name is not None:
        with pool() as executor, raises(ImportError, f"the extension module {name} cannot be loaded"):
            executor.submit(__import__, name).result(PATIENCE_S)


def importable(name: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(name) is not None


# --- futures


@only("threads", "interpreters", "processes")
def check_time_limits() -> None:
    with gates(1) as (path,), pool(1) as executor:
        future = executor.submit(wait_at, path)
        with raises(cf.TimeoutError):
            future.result(timeout=0)
        with raises(cf.TimeoutError):
            next(executor.map(square, [1], timeout=0))  # the one worker is busy
        with raises(cf.TimeoutError):
            next(executor.map_unordered(square, [1], timeout=0))
        open_gate(path)
        assert future.result(PATIENCE_S) == "open"


@only("threads", "interpreters", "processes")
def check_cancelling() -> None:
    with gates(1) as (path,), pool(1) as executor:
        running = executor.submit(wait_at, path)
        waiting = [executor.submit(square, n) for n in range(10)]
        assert waiting[-1].cancel() and waiting[-1].cancelled()
        open_gate(path)
        assert running.result(PATIENCE_S) == "open" and not running.cancel()
        with raises(cf.CancelledError):
            waiting[-1].result(PATIENCE_S)
        assert waiting[0].result(PATIENCE_S) == 0


def check_callbacks_and_waiting() -> None:
    done = []
    with pool() as executor:
        futures = [executor.submit(square, n) for n in range(6)]
        for future in futures:
            future.add_done_callback(done.append)
        assert {f.result() for f in cf.as_completed(futures, PATIENCE_S)} == {0, 1, 4, 9, 16, 25}
        assert not cf.wait(futures, PATIENCE_S).not_done
    assert sorted(map(id, done)) == sorted(map(id, futures))


# --- start and end


def check_model_and_reason() -> None:
    with pool(3) as executor:
        executor.submit(square, 1).result(PATIENCE_S)
        assert executor.model == MODEL and executor.reason == "it was asked for"
        assert executor.workers == (1 if MODEL == "serial" else 3)


def check_auto_says_what_it_took() -> None:
    with ungil.Executor(2) as executor:
        assert executor.submit(square, 3).result(PATIENCE_S) == 9
        off = not getattr(sys, "_is_gil_enabled", lambda: True)()
        assert executor.model == ("threads" if off else "interpreters" if sys.version_info >= (3, 14) else "processes")
        assert ("the GIL is off" if off else "the GIL is on") in executor.reason


def check_the_initializer_runs_first() -> None:
    with pool(initializer=initialize, initargs=(5,)) as executor:
        assert {executor.submit(initialized).result(PATIENCE_S) for _ in range(4)} == {5}


def check_a_failed_initializer_breaks_the_pool() -> None:
    with pool(initializer=fail_to_start) as executor:
        future = executor.submit(square, 1)
        with raises(cf.BrokenExecutor):
            future.result(PATIENCE_S)
        with raises(cf.BrokenExecutor):
            while True:  # one worker fails before the others
                executor.submit(square, 1).result(PATIENCE_S)


def check_submit_after_shutdown() -> None:
    executor = pool()
    executor.submit(square, 1).result(PATIENCE_S)
    executor.shutdown()
    executor.shutdown()
    with raises(RuntimeError, "cannot schedule new futures after shutdown"):
        executor.submit(square, 1)
    with raises(RuntimeError, "cannot schedule new futures after shutdown"):
        executor.map(square, [1])
    with raises(RuntimeError, "cannot schedule new futures after shutdown"):
        unused = ungil.Executor(1)
        unused.shutdown()
        unused.submit(square, 1)


def check_shutdown_waits_for_what_was_submitted() -> None:
    with pool(1) as executor:
        futures = [executor.submit(square, n) for n in range(20)]
    assert all(future.done() for future in futures)
    executor = pool(1)
    futures = [executor.submit(square, n) for n in range(20)]
    executor.shutdown(wait=False)
    assert [future.result(PATIENCE_S) for future in futures] == [n * n for n in range(20)]


@only("threads", "interpreters", "processes")
def check_shutdown_cancels_what_waits() -> None:
    with gates(2) as (started, path):
        executor = pool(1)
        running = executor.submit(wait_at, path, started)
        waiting = [executor.submit(square, n) for n in range(10)]
        wait_at(started)
        executor.shutdown(wait=False, cancel_futures=True)
        open_gate(path)
        assert running.result(PATIENCE_S) == "open"
        done = threading.Event()  # wait() does not count what a thread pool cancels at its end
        waiting[-1].add_done_callback(lambda _: done.set())
        assert done.wait(PATIENCE_S) and waiting[-1].cancelled()


@only("threads", "interpreters", "processes")
def check_an_interrupt_drops_what_waits() -> None:
    with gates(2) as (started, path):
        with raises(KeyboardInterrupt), pool(1) as executor:
            running = executor.submit(wait_at, path, started)
            waiting = [executor.submit(square, n) for n in range(10)]
            wait_at(started)
            opener = threading.Thread(target=open_gate, args=(path,))
            waiting[-1].add_done_callback(lambda _: opener.start())
            raise KeyboardInterrupt
        assert waiting[-1].cancelled() and running.result(PATIENCE_S) == "open"
        opener.join()


def check_a_forgotten_pool_ends() -> None:
    before = threading.active_count()
    executor = pool()
    executor.submit(square, 1).result(PATIENCE_S)
    del executor
    gc.collect()
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(PATIENCE_S)
    assert threading.active_count() <= before


def check_a_context_manager_lets_errors_through() -> None:
    with raises(ZeroDivisionError), pool() as executor:
        executor.submit(square, 1)
        raise ZeroDivisionError


def check_futures_are_the_libraries() -> None:
    with pool() as executor:
        assert isinstance(executor, cf.Executor)
        assert isinstance(executor.submit(square, 1), cf.Future)


def check_errors_can_be_sent_on() -> None:
    error = pickle.loads(pickle.dumps(SendError("what")))
    assert isinstance(error, pickle.PicklingError) and str(error) == "what"


def main() -> None:
    failed = {}
    for name, check in list(globals().items()):
        if name.startswith("check_") and MODEL in getattr(check, "models", (MODEL,)):
            try:
                check()
            except BaseException:
                failed[name] = traceback.format_exc()
            print(name, file=sys.stderr, flush=True)
    print(json.dumps(failed))


if __name__ == "__main__":
    main()

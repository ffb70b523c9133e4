"""``ungil.Executor`` under the names of the library's pools, put in place of them in ``concurrent.futures``.

Python's own tests look their class up there, and look at private names of it: those that name something our engine has
as well are led to it, so that the test stays a test. The rest of the private names are on the list (see ``listed.py``).
"""

from __future__ import annotations

import concurrent.futures
import importlib
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import ungil

ENGINES_NAMES = {
    "_max_workers": "max_workers",
    "_threads": "threads",
    "_processes": "processes",
    "_broken": "broken",
    "_executor_manager_thread": "threads",
    "_call_queue": "",
}
"""What the library's pools call it: what our engine calls it."""


_made: weakref.WeakSet[_Bound] = weakref.WeakSet()


class _Bound(ungil.Executor):
    model_bound: Any

    def __init__(self, max_workers: int | None = None, **options: Any) -> None:
        super().__init__(max_workers, model=self.model_bound, **options)
        _made.add(self)

    def __getattr__(self, name: str) -> Any:  # only of what Executor has not
        engine: Any = None if name == "_pool" else getattr(self, "_pool", None)
        if engine is None or name not in ENGINES_NAMES:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name == "_executor_manager_thread":
            return _Threads(engine.threads)
        if name == "_call_queue":
            return _Queue()
        if name == "_threads":
            return _started(engine.threads)
        if name == "_processes" and engine.threads:  # the library starts one in submit, ours in the worker's thread
            _wait_for(lambda: engine.processes)
        return getattr(engine, ENGINES_NAMES[name])


def _wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)


def _started(threads: Iterable[threading.Thread]) -> set[threading.Thread]:
    """The threads there are now, for tests that go through them while they end.

    One worker starts the next: a thread may be there and not have been started, which the tests cannot join.
    """
    there = set(threads)
    _wait_for(lambda: all(thread.ident is not None for thread in there))
    return there


class _Threads:
    """Where the library has one thread that looks after the processes."""

    def __init__(self, threads: Iterable[threading.Thread]) -> None:
        self._threads = _started(threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


class _Queue:
    """Where the library has a queue with a thread of its own."""

    def join_thread(self) -> None:
        pass


class ThreadPoolExecutor(_Bound):
    model_bound = "threads"


class InterpreterPoolExecutor(ThreadPoolExecutor):  # the library's is one as well, which asyncio goes by
    model_bound = "interpreters"


class ProcessPoolExecutor(_Bound):
    model_bound = "processes"

    def terminate_workers(self) -> NoReturn:
        """The tests' module wants the name when it is imported."""
        raise NotImplementedError("ungil.Executor has no terminate_workers")

    def kill_workers(self) -> NoReturn:
        raise NotImplementedError("ungil.Executor has no kill_workers")


def bind() -> None:
    """From here on whoever asks ``concurrent.futures`` for a pool's class gets ours.

    The modules it takes them from (``concurrent.futures.thread`` and so on) keep their own.
    """
    for cls in (ThreadPoolExecutor, InterpreterPoolExecutor, ProcessPoolExecutor):
        if cls.__name__ in concurrent.futures.__all__:  # 3.13 has no interpreters
            setattr(concurrent.futures, cls.__name__, cls)


def bind_traceback() -> None:
    """The cause of an exception that comes back from a worker, which the tests know by its private class."""
    ours: Any = importlib.import_module("ungil.executor.sending").RemoteTraceback
    ours.tb = property(str)
    theirs: Any = importlib.import_module("concurrent.futures.process")
    theirs._RemoteTraceback = ours


def shut_down() -> None:
    """Shut down what a failed test has left open."""
    for pool in list(_made):
        pool.shutdown(wait=False, cancel_futures=True)


class PendingFutures:
    """Futures of a pool that will not come round to them: what the library's tests of ``Future`` take for one."""

    def __init__(self) -> None:
        self._go_on = threading.Event()
        # The prefix: in a thread of another name, waiting for a future does not carry it out.
        self._pool = ungil.Executor(1, model="threads", thread_name_prefix="busy")
        started = threading.Event()

        def stay() -> None:
            started.set()
            self._go_on.wait()

        self._pool.submit(stay)
        started.wait()

    def __call__(
        self, state: str = "PENDING", exception: BaseException | None = None, result: object = None
    ) -> concurrent.futures.Future[Any]:
        """As ``create_future`` of the tests' util."""
        future: Any = self._pool.submit(int)
        future._state, future._exception, future._result = state, exception, result
        return future  # type: ignore[no-any-return]  # the library has no types there

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._go_on.set()

"""The pool under test, and what watches it: limits to waiting, and what it may have left behind.

For the programs of this folder that the interpreter under test runs: ``python PROGRAM MODEL …``. With ``--library``
among the arguments they run the standard library's own pool of that model, to tell a wrong check from a wrong pool.
"""

from __future__ import annotations

import concurrent.futures as cf
import contextlib
import functools
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import ungil

PATIENCE_S = 20
"""Only ever reached by a pool that hangs."""

MODEL = sys.argv[1] if len(sys.argv) > 1 else ""
LIBRARY = "--library" in sys.argv


class _Watched:
    """A pool that a failed check leaves at once: its tasks may wait for what never comes any more."""

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: Any) -> Any:
        if kind is not None and issubclass(kind, (AssertionError, AttributeError, TypeError)):
            self.shutdown(wait=False, cancel_futures=True)  # type: ignore[attr-defined]  # of the pool it is mixed into
            return None
        return super().__exit__(kind, error, trace)  # type: ignore[misc]  # as above


@functools.cache
def _class() -> Any:
    if not LIBRARY:
        return type("Pool", (_Watched, ungil.Executor), {})
    name = {"threads": "ThreadPoolExecutor", "interpreters": "InterpreterPoolExecutor"}
    library = getattr(cf, name.get(MODEL, "ProcessPoolExecutor"))
    return type("Pool", (_Watched, library), {"map_unordered": lambda self, *args, **kw: self.map(*args, **kw)})


def pool(workers: int = 2, **options: Any) -> Any:
    return _class()(workers, **options) if LIBRARY else _class()(workers, model=MODEL, **options)


def eventually(condition: Callable[[], object], what: str) -> None:
    """Looks again and again: for what the kernel or another thread does without telling."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.005)


class Running(threading.Thread):
    """A thread under way; :meth:`end` waits for it and raises what it raised."""

    def __init__(self, function: Callable[..., object], *args: Any) -> None:
        super().__init__(daemon=True)  # one that hangs must not keep the program
        self._function, self._args = function, args
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._function(*self._args)
        except BaseException as error:
            self._error = error

    def end(self) -> None:
        self.join(PATIENCE_S)
        assert not self.is_alive(), f"{self._function} hangs"
        if self._error is not None:
            raise self._error


def descendants() -> set[int]:
    """The processes below this one that are alive; needs Linux, elsewhere there are none to be seen."""
    parents = {}
    for entry in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if entry.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{entry}/stat") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
                if state not in "ZX":
                    parents[int(entry)] = int(parent)
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


@contextlib.contextmanager
def nothing_left() -> Iterator[None]:
    """Threads, processes and descriptors are as many after the block as before.

    What the first pool brings in for good (multiprocessing's helper processes) has to be there before: open one.
    """
    with pool(1) as executor:
        executor.submit(len, ()).result(PATIENCE_S)
    settled = stable(lambda: (threading.active_count(), len(descendants()), descriptors()))
    yield
    gc.collect()
    eventually(lambda: threading.active_count() <= settled[0], f"no more than {settled[0]} threads")
    eventually(lambda: len(descendants()) <= settled[1], f"no more than {settled[1]} processes")
    eventually(lambda: descriptors() <= settled[2], f"no more than {settled[2]} descriptors")


def stable(measure: Callable[[], Any]) -> Any:
    """What it measures once that has stayed the same for a while: a pool's processes may end after its shutdown."""
    value, since = measure(), time.monotonic()
    while time.monotonic() < since + 0.1:
        time.sleep(0.01)
        if (now := measure()) != value:
            value, since = now, time.monotonic()
    return value

"""``Condition``, ``Event``, ``Semaphore`` and ``Barrier`` of the module ``threading``."""

from __future__ import annotations

from sys import _getframe
from types import MethodType

from ungil.race.inside import primitives
from ungil.race.inside.locks import Suspended, raw, watched
from ungil.race.inside.primitives import (
    LOCK,
    PRIMITIVES,
    caller,
    calls_program,
    clean,
    lock_acquire,
    lock_release,
    owners,
)
from ungil.race.inside.typeslots import replace

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ungil.race.inside.sync import Watcher

POOL = "concurrent.futures.thread"
"""Its semaphore counts its idle workers."""


def patch(watcher: Watcher, threading: Any) -> None:
    _condition(watcher, threading.Condition)
    _event(watcher, threading.Event)
    _semaphore(watcher, threading)
    _barrier(watcher, threading)


def _condition(watcher: Watcher, kind: Any) -> None:
    waits = primitives.Shared.waits
    inner_acquire: Any = _taken_again if waits is None else waits.restores(_taken_again)
    plain_enter, plain_exit = kind.__enter__, kind.__exit__
    plain_wait, plain_wait_for = kind.wait, kind.wait_for
    plain_notify, plain_notify_all = kind.notify, kind.notify_all
    plain_save, plain_restore = kind._release_save, kind._acquire_restore

    def __enter__(self: Any) -> Any:  # noqa: N807
        lock = self._lock
        if type(lock) not in watched:
            return plain_enter(self)
        if caller(1) in PRIMITIVES:
            return raw[type(lock)][0](lock)
        return watched[type(lock)][0](lock, _getframe(1))

    def __exit__(self: Any, *args: Any) -> Any:  # noqa: N807
        lock = self._lock
        # As for locks, who took it decides: the release of one that nobody is known to hold is not watched.
        methods = watched.get(type(lock))
        return plain_exit(self, *args) if methods is None else methods[1](lock)

    def sleep(self: Any, timeout: float | None) -> Any:
        """Wait, with the lock held, and have it known from when to when."""
        if waits is None:
            return plain_wait(self, timeout)
        asleep = waits.sleeps(self, timeout)
        try:
            return plain_wait(self, timeout)
        finally:
            waits.wakes(asleep)

    def wait(self: Any, timeout: float | None = None) -> Any:
        if caller(1) in PRIMITIVES:
            return sleep(self, timeout)
        return told(self, timeout)

    def told(self: Any, timeout: float | None) -> Any:
        try:
            if not self._is_owned():
                return plain_wait(self, timeout)  # which is an error
            watcher.waits("condition", self, timeout)
            try:
                woken = sleep(self, timeout)
            finally:
                watcher.woke("condition", self)
        except BaseException as error:
            clean(error)
            raise
        if woken:
            watcher.into(self)
        return woken

    def wait_for(self: Any, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        if caller(1) in PRIMITIVES:
            return plain_wait_for(self, predicate, timeout)
        return until(self, predicate, timeout)

    def until(self: Any, predicate: Callable[[], Any], timeout: float | None) -> Any:
        # As the original, which asks the predicate, the program's own code, between two waits. The calls of `wait` are
        # ours: the program's.
        from time import monotonic

        try:
            end = None
            left = timeout
            result = predicate()
            while not result:
                if left is not None:
                    if end is None:
                        end = monotonic() + left
                    else:
                        left = end - monotonic()
                        if left <= 0:
                            break
                self.wait(left)
                result = predicate()
        except BaseException as error:
            clean(error)
            raise
        return result

    def notify(self: Any, n: int = 1) -> None:
        if caller(1) not in PRIMITIVES:
            watcher.out(self)
        if waits is not None and self._waiters:
            waits.notified(self, n)
        plain_notify(self, n)

    def notify_all(self: Any) -> None:
        if caller(1) not in PRIMITIVES:
            watcher.out(self)
        plain_notify_all(self)  # calls `notify`

    def _release_save(self: Any) -> Any:
        lock = self._lock
        owner = owners.get(id(lock)) if type(lock) is LOCK else None
        if owner is None:
            return plain_save(self)
        owners.pop(id(lock), None)
        try:
            return Suspended(owner, None, watcher.suspend(lock, MethodType(lock_release, lock)))
        except BaseException as error:
            owners.setdefault(id(lock), owner)
            clean(error)
            raise

    def _acquire_restore(self: Any, x: Any) -> None:
        if type(x) is not Suspended:
            plain_restore(self, x)
            return
        lock = self._lock
        watcher.resume(lock, MethodType(inner_acquire, lock), x.state)
        owners[id(lock)] = x.owner

    for method in (__enter__, __exit__, wait, wait_for, notify, notify_all, _release_save, _acquire_restore):
        replace(kind, method.__name__, method)


def _taken_again(lock: Any, _state: None) -> None:
    lock_acquire(lock)


def _event(watcher: Watcher, kind: Any) -> None:
    plain_wait, plain_set, plain_is_set = kind.wait, kind.set, kind.is_set

    def is_set(self: Any) -> Any:
        known = plain_is_set(self)
        if known:
            watcher.into(self)
        return known

    def wait(self: Any, timeout: float | None = None) -> Any:
        if caller(1) in PRIMITIVES:
            return plain_wait(self, timeout)
        if self._flag:
            known = plain_wait(self, timeout)
        else:
            try:
                watcher.waits("event", self, timeout)
                try:
                    known = plain_wait(self, timeout)
                finally:
                    watcher.woke("event", self)
            except BaseException as error:
                clean(error)
                raise
        if known:
            watcher.into(self)
        return known

    def set(self: Any) -> None:
        if caller(1) not in PRIMITIVES:
            watcher.out(self)
        plain_set(self)

    for method in (is_set, wait, set):
        replace(kind, method.__name__, method)


def _semaphore(watcher: Watcher, threading: Any) -> None:
    kind, bounded = threading.Semaphore, threading.BoundedSemaphore
    plain_acquire, plain_release, plain_bounded_release = kind.acquire, kind.release, bounded.release

    def acquire(self: Any, blocking: bool = True, timeout: float | None = None) -> bool:
        if caller(1) == POOL:
            return bool(plain_acquire(self, blocking, timeout))
        return taken(self, blocking, timeout)

    def taken(self: Any, blocking: bool, timeout: float | None) -> bool:
        try:
            if blocking:
                watcher.waits("semaphore", self, timeout)
                try:
                    got: bool = plain_acquire(self, blocking, timeout)
                finally:
                    watcher.woke("semaphore", self)
            else:
                got = plain_acquire(self, blocking, timeout)
        except BaseException as error:
            clean(error)
            raise
        if got:
            watcher.into(self)
        return got

    def __enter__(self: Any, blocking: bool = True, timeout: float | None = None) -> bool:  # noqa: N807
        return taken(self, blocking, timeout)

    def release(self: Any, n: int = 1) -> None:
        if caller(1) != POOL:
            watcher.out(self)
        try:
            plain_release(self, n)
        except BaseException as error:
            clean(error)
            raise

    def bounded_release(self: Any, n: int = 1) -> None:
        watcher.out(self)
        try:
            plain_bounded_release(self, n)
        except BaseException as error:
            clean(error)
            raise

    replace(kind, "acquire", acquire)
    replace(kind, "__enter__", __enter__)
    replace(kind, "release", release)
    replace(bounded, "release", bounded_release)


def _barrier(watcher: Watcher, threading: Any) -> None:
    kind, broken = threading.Barrier, threading.BrokenBarrierError
    plain_wait, plain_release, plain_abort, plain_reset = kind.wait, kind._release, kind.abort, kind.reset

    def wait(self: Any, timeout: float | None = None) -> int:
        try:
            watcher.out(self)
            watcher.waits("barrier", self, self._timeout if timeout is None else timeout)
            try:
                index: int = plain_wait(self, timeout)
            finally:
                watcher.woke("barrier", self)
        except BaseException as error:
            if isinstance(error, broken):
                watcher.into(self)
            clean(error)
            raise
        watcher.into(self)
        return index

    def _release(self: Any) -> None:
        if not self._action:
            plain_release(self)
            return
        # The last one to come runs the program's own code, and waits no more.
        watcher.woke("barrier", self)
        try:
            watcher.into(self)
            plain_release(self)
        finally:
            watcher.out(self)
            watcher.waits("barrier", self, 0)

    def abort(self: Any) -> None:
        watcher.out(self)
        plain_abort(self)

    def reset(self: Any) -> None:
        watcher.out(self)
        plain_reset(self)

    for method in (wait, _release, abort, reset):
        replace(kind, method.__name__, method)
    calls_program(plain_release)

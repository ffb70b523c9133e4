"""``Lock`` and ``RLock``: the methods of their classes, for all the locks there are."""

from __future__ import annotations

from operator import index
from types import MethodType

from ungil.race.inside import primitives
from ungil.race.inside.primitives import (
    LIBRARY,
    LOCK,
    RLOCK,
    TIMEOUT_MAX,
    Owner,
    caller,
    clean,
    get_ident,
    lock_acquire,
    lock_release,
    owners,
    rlock_acquire,
    rlock_release,
    rlock_restore,
    rlock_save,
    signals,
)
from ungil.race.inside.typeslots import replace

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ungil.race.inside.sync import Watcher


class Suspended:
    """What a lock was when a ``Condition.wait`` let it go, and that the watcher was told."""

    __slots__ = ("count", "state")

    def __init__(self, count: int, state: object) -> None:
        self.count = count
        self.state = state


Pair = tuple["Callable[[Any], bool]", "Callable[[Any], None]"]
raw: dict[type, Pair] = {LOCK: (lock_acquire, lock_release), RLOCK: (rlock_acquire, rlock_release)}
"""For the conditions inside of other primitives: take and release a lock, unwatched."""
watched: dict[type, Pair] = {}
"""For those of the program."""


def patch(watcher: Watcher) -> None:
    _lock(watcher)
    _rlock(watcher)


def _seconds(blocking: object, timeout: Any) -> float | None:
    """The time-out of a call of ``acquire``; None: the arguments are wrong, and the method itself has to say so."""
    if not isinstance(timeout, (int, float)):
        try:
            timeout = index(timeout)
        except TypeError:
            return None
    if timeout == -1:
        return -1
    return timeout if blocking and 0 <= timeout <= TIMEOUT_MAX else None


def _lock(watcher: Watcher) -> None:
    take, give, into, out = watcher.acquire, watcher.release, watcher.into, watcher.out
    waits = primitives.Shared.waits
    inner_acquire = lock_acquire if waits is None else waits.acquires(lock_acquire)
    inner_release = lock_release if waits is None else waits.releases(lock_release)

    def acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
        if caller(1) in LIBRARY:
            return lock_acquire(self, blocking, timeout)
        if timeout != -1 or not blocking:
            seconds = _seconds(blocking, timeout)
            if seconds is None:
                return lock_acquire(self, blocking, timeout)
            blocking, timeout = bool(blocking), seconds
        try:
            if not take(self, MethodType(inner_acquire, self), blocking, timeout):
                return False
        except BaseException as error:
            clean(error)
            raise
        owners[id(self)] = Owner(self, get_ident())
        if signals and self in signals:
            into(self)
        return True

    def enter(self: Any) -> bool:
        try:
            take(self, MethodType(inner_acquire, self), True, -1)
        except BaseException as error:
            clean(error)
            raise
        owners[id(self)] = Owner(self, get_ident())
        if signals and self in signals:
            into(self)
        return True

    def __enter__(self: Any) -> bool:  # noqa: N807
        if caller(1) in LIBRARY:
            return lock_acquire(self)
        return enter(self)

    def release(self: Any) -> None:
        owner = owners.pop(id(self), None)
        if owner is None:
            lock_release(self)
            return
        try:
            if owner.ident != get_ident():
                signals.set(self, True)
                out(self)
            give(self, MethodType(inner_release, self))
        except BaseException as error:
            owners.setdefault(id(self), owner)
            clean(error)
            raise

    def __exit__(self: Any, *_: object) -> None:  # noqa: N807
        release(self)

    def acquire_lock(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
        return acquire(self, blocking, timeout)

    def release_lock(self: Any) -> None:
        release(self)

    for method in (acquire, __enter__, release, __exit__, acquire_lock, release_lock):
        if method.__name__ in vars(LOCK):
            replace(LOCK, method.__name__, method)
    watched[LOCK] = (enter, release)


def _rlock(watcher: Watcher) -> None:
    take, give, suspend, resume = watcher.acquire, watcher.release, watcher.suspend, watcher.resume
    waits = primitives.Shared.waits
    inner_acquire = rlock_acquire if waits is None else waits.acquires(rlock_acquire)
    inner_release = rlock_release if waits is None else waits.releases(rlock_release)
    inner_save = rlock_save if waits is None else waits.saves(rlock_save)
    inner_restore = rlock_restore if waits is None else waits.restores(rlock_restore)

    def taken(self: Any) -> None:
        me = get_ident()
        owner = owners.get(id(self))
        if owner is not None and owner.ident == me:
            owner.count += 1
        else:
            owners[id(self)] = Owner(self, me)

    def acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
        if caller(1) in LIBRARY:
            return rlock_acquire(self, blocking, timeout)
        if timeout != -1 or not blocking:
            seconds = _seconds(blocking, timeout)
            if seconds is None:
                return rlock_acquire(self, blocking, timeout)
            blocking, timeout = bool(blocking), seconds
        try:
            if not take(self, MethodType(inner_acquire, self), blocking, timeout):
                return False
        except BaseException as error:
            clean(error)
            raise
        taken(self)
        return True

    def enter(self: Any) -> bool:
        try:
            take(self, MethodType(inner_acquire, self), True, -1)
        except BaseException as error:
            clean(error)
            raise
        taken(self)
        return True

    def __enter__(self: Any) -> bool:  # noqa: N807
        if caller(1) in LIBRARY:
            return rlock_acquire(self)
        return enter(self)

    def release(self: Any) -> None:
        owner = owners.get(id(self))
        if owner is None or owner.ident != get_ident():
            rlock_release(self)
            return
        owner.count -= 1
        if not owner.count:
            owners.pop(id(self), None)
        try:
            give(self, MethodType(inner_release, self))
        except BaseException as error:
            owner.count += 1
            owners[id(self)] = owner
            clean(error)
            raise

    def __exit__(self: Any, *_: object) -> None:  # noqa: N807
        release(self)

    def _release_save(self: Any) -> Any:
        owner = owners.get(id(self))
        if owner is None or owner.ident != get_ident():
            return rlock_save(self)
        owners.pop(id(self), None)
        try:
            return Suspended(owner.count, suspend(self, MethodType(inner_save, self)))
        except BaseException as error:
            owners.setdefault(id(self), owner)
            clean(error)
            raise

    def _acquire_restore(self: Any, state: Any) -> None:
        if type(state) is not Suspended:
            rlock_restore(self, state)
            return
        resume(self, MethodType(inner_restore, self), state.state)
        owner = owners[id(self)] = Owner(self, get_ident())
        owner.count = state.count

    for method in (acquire, __enter__, release, __exit__, _release_save, _acquire_restore):
        replace(RLOCK, method.__name__, method)
    watched[RLOCK] = (enter, release)

"""``Lock`` and ``RLock``: the methods of their classes, for all the locks there are."""

from __future__ import annotations

from operator import index
from sys import _getframe
from types import MethodType

from ungil.race.inside import primitives
from ungil.race.inside.primitives import (
    LIBRARY,
    LOCK,
    RLOCK,
    TIMEOUT_MAX,
    caller,
    clean,
    depths,
    get_ident,
    lock_acquire,
    lock_release,
    mutexes,
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
    from types import FrameType
    from typing import Any

    from ungil.race.inside.primitives import Owner
    from ungil.race.inside.sync import Watcher


class Suspended:
    """What a lock was when a ``Condition.wait`` let it go, and that the watcher was told."""

    __slots__ = ("depth", "owner", "state")

    def __init__(self, owner: Owner, depth: int | None, state: object) -> None:
        self.owner = owner
        self.depth = depth
        self.state = state


raw: dict[type, tuple[Callable[[Any], bool], Callable[[Any], None]]] = {}
"""For the conditions inside of other primitives: take and release a lock, unwatched."""
watched: dict[type, tuple[Callable[[Any, FrameType], bool], Callable[[Any], None]]] = {}
"""For those of the program: with the frame that asks."""


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


# What follows is written out where a call would cost: every `with` of the program goes through it.
def _lock(watcher: Watcher) -> None:
    take, give, into, out = watcher.acquire, watcher.release, watcher.into, watcher.out
    waits = primitives.Shared.waits
    inner_acquire = lock_acquire if waits is None else waits.acquires(lock_acquire)
    signal, mutex = signals.values, mutexes.values

    def aside(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
        """For the library itself. It is only seen to wait where the program has the lock: a queue's mutex, say."""
        if id(self) in owners:
            return inner_acquire(self, blocking, timeout)
        return lock_acquire(self, blocking, timeout)

    def acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
        if caller(1) in LIBRARY:
            return aside(self, blocking, timeout)
        try:
            if timeout != -1 or not blocking:
                seconds = _seconds(blocking, timeout)
                if seconds is None:
                    return lock_acquire(self, blocking, timeout)
                blocking, timeout = bool(blocking), seconds
            if not take(self, MethodType(inner_acquire, self), blocking, timeout):
                return False
        except BaseException as error:
            clean(error)
            raise
        frame = _getframe(1)
        owners[id(self)] = (self, get_ident(), frame.f_code, frame.f_lasti)
        if signal and id(self) in signal:
            into(self)
        return True

    def enter(self: Any, frame: FrameType) -> bool:
        try:
            take(self, MethodType(inner_acquire, self), True, -1)
        except BaseException as error:
            clean(error)
            raise
        owners[id(self)] = (self, get_ident(), frame.f_code, frame.f_lasti)
        if signal and id(self) in signal:
            into(self)
        return True

    def __enter__(self: Any) -> bool:  # noqa: N807
        if caller(1) in LIBRARY:
            return aside(self)
        try:
            take(self, MethodType(inner_acquire, self), True, -1)
        except BaseException as error:
            clean(error)
            raise
        frame = _getframe(1)
        owners[id(self)] = (self, get_ident(), frame.f_code, frame.f_lasti)
        if signal and id(self) in signal:
            into(self)
        return True

    def release(self: Any) -> None:
        key = id(self)
        owner = owners.pop(key, None)
        try:
            if owner is None:
                lock_release(self)
                return
            if owner[1] != get_ident():
                signals.set(self, True)
                out(self)
            elif key not in mutex:
                mutexes.set(self, True)
            give(self, MethodType(lock_release, self))
        except BaseException as error:
            if owner is not None:
                owners.setdefault(key, owner)
            clean(error)
            raise

    def __exit__(self: Any, *_: object) -> None:  # noqa: N807
        key = id(self)
        owner = owners.pop(key, None)
        if owner is None or owner[1] != get_ident() or key not in mutex:
            if owner is not None:
                owners[key] = owner
            release(self)
            return
        try:
            give(self, MethodType(lock_release, self))
        except BaseException as error:
            owners.setdefault(key, owner)
            clean(error)
            raise

    def acquire_lock(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
        return acquire(self, blocking, timeout)

    def release_lock(self: Any) -> None:
        release(self)

    for method in (acquire, __enter__, release, __exit__, acquire_lock, release_lock):
        if method.__name__ in vars(LOCK):
            replace(LOCK, method.__name__, method)
    raw[LOCK] = (aside, lock_release)
    watched[LOCK] = (enter, release)


def _rlock(watcher: Watcher) -> None:
    take, give, suspend, resume = watcher.acquire, watcher.release, watcher.suspend, watcher.resume
    waits = primitives.Shared.waits
    inner_acquire = rlock_acquire if waits is None else waits.acquires(rlock_acquire)
    inner_restore = rlock_restore if waits is None else waits.restores(rlock_restore)

    def aside(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
        if id(self) in owners:
            return inner_acquire(self, blocking, timeout)
        return rlock_acquire(self, blocking, timeout)

    def taken(self: Any, frame: FrameType) -> None:
        key, me = id(self), get_ident()
        owner = owners.get(key)
        if owner is not None and owner[1] == me:
            depths[key] = depths.get(key, 1) + 1
        else:
            owners[key] = (self, me, frame.f_code, frame.f_lasti)

    def acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
        if caller(1) in LIBRARY:
            return aside(self, blocking, timeout)
        try:
            if timeout != -1 or not blocking:
                seconds = _seconds(blocking, timeout)
                if seconds is None:
                    return rlock_acquire(self, blocking, timeout)
                blocking, timeout = bool(blocking), seconds
            if not take(self, MethodType(inner_acquire, self), blocking, timeout):
                return False
        except BaseException as error:
            clean(error)
            raise
        taken(self, _getframe(1))
        return True

    def enter(self: Any, frame: FrameType) -> bool:
        try:
            take(self, MethodType(inner_acquire, self), True, -1)
        except BaseException as error:
            clean(error)
            raise
        taken(self, frame)
        return True

    def __enter__(self: Any) -> bool:  # noqa: N807
        if caller(1) in LIBRARY:
            return aside(self)
        return enter(self, _getframe(1))

    def release(self: Any) -> None:
        key = id(self)
        owner = owners.get(key)
        if owner is None or owner[1] != get_ident():
            try:
                rlock_release(self)
            except BaseException as error:
                clean(error)
                raise
            return
        depth = depths.get(key) if depths else None
        if depth is None:
            owners.pop(key, None)
        elif depth == 2:
            del depths[key]
        else:
            depths[key] = depth - 1
        try:
            give(self, MethodType(rlock_release, self))
        except BaseException as error:
            owners.setdefault(key, owner)
            if depth is not None:
                depths[key] = depth
            clean(error)
            raise

    def __exit__(self: Any, *_: object) -> None:  # noqa: N807
        release(self)

    def _release_save(self: Any) -> Any:
        key = id(self)
        owner = owners.get(key)
        if owner is None or owner[1] != get_ident():
            return rlock_save(self)
        owners.pop(key, None)
        depth = depths.pop(key, None)
        try:
            return Suspended(owner, depth, suspend(self, MethodType(rlock_save, self)))
        except BaseException as error:
            owners.setdefault(key, owner)
            if depth is not None:
                depths[key] = depth
            clean(error)
            raise

    def _acquire_restore(self: Any, state: Any) -> None:
        if type(state) is not Suspended:
            rlock_restore(self, state)
            return
        resume(self, MethodType(inner_restore, self), state.state)
        owners[id(self)] = state.owner
        if state.depth is not None:
            depths[id(self)] = state.depth

    for method in (acquire, __enter__, release, __exit__, _release_save, _acquire_restore):
        replace(RLOCK, method.__name__, method)
    raw[RLOCK] = (aside, rlock_release)
    watched[RLOCK] = (enter, release)

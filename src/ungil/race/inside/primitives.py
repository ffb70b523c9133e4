"""The interpreter's means to synchronise, as they were before they were replaced, and what all replacements share."""

from __future__ import annotations

import _thread
import os
import sys

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

    from ungil.race.inside.waiting import Waits

LOCK: Any = type(_thread.allocate_lock())
RLOCK: Any = _thread.RLock
TIMEOUT_MAX = _thread.TIMEOUT_MAX
get_ident = _thread.get_ident

lock_acquire: Callable[..., bool] = LOCK.acquire
lock_release: Callable[[Any], None] = LOCK.release
lock_locked: Callable[[Any], bool] = LOCK.locked
rlock_acquire: Callable[..., bool] = RLOCK.acquire
rlock_release: Callable[[Any], None] = RLOCK.release
rlock_save: Callable[[Any], Any] = RLOCK._release_save
rlock_restore: Callable[[Any, Any], None] = RLOCK._acquire_restore

caller: Callable[[int], str | None] = getattr(sys, "_getframemodulename", lambda _depth: None)
"""``caller(1)``: the module of the function that called the one that asks. It makes no frame object."""

LIBRARY = frozenset(
    {
        "threading",
        "queue",
        "concurrent.futures._base",
        "concurrent.futures.thread",
        "_frozen_importlib",
        "importlib._bootstrap",
        "_weakrefset",
        "ungil.launch.inside.events",
        *(
            f"ungil.race.inside.{name}"
            for name in ("force", "hooks", "main", "mode", "observe", "places", "schedule", "server", "session")
        ),
        *(f"ungil.race.inside.{name}" for name in ("loader", "threads", "typeslots", "waiting")),
    }
)
"""Modules whose own locks are nobody's business: what they guard is inside of a primitive that is watched itself."""
PRIMITIVES = frozenset({"threading", "queue", "concurrent.futures._base", "concurrent.futures.thread"})
"""Modules that build primitives out of others; the inner ones are left alone."""

OURS = LIBRARY | {
    f"ungil.race.inside.{name}"
    for name in ("conditions", "describing", "futures", "locks", "primitives", "queues", "starting", "sync")
}
"""Modules whose frames say nothing about where the program is."""

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class RawLock:
    """A lock of our own: not watched, whatever is replaced."""

    __slots__ = ("acquire", "locked", "release")

    def __init__(self) -> None:
        lock = _thread.allocate_lock()
        self.acquire: Callable[..., bool] = lock_acquire.__get__(lock)
        self.release: Callable[[], None] = lock_release.__get__(lock)
        self.locked: Callable[[], bool] = lock_locked.__get__(lock)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Beside:
    """Values beside objects, known by their identity, for as long as these live."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: dict[int, tuple[Any, Any]] = {}
        """By ``id``: a weak reference to the object, and the value."""

    def __contains__(self, thing: object) -> bool:
        return id(thing) in self.values

    def get(self, thing: object) -> Any:
        entry = self.values.get(id(thing))
        return None if entry is None else entry[1]

    def set(self, thing: Any, value: Any) -> None:
        self.values[id(thing)] = self._entry(thing, value)

    def setdefault(self, thing: Any, value: Any) -> Any:
        """The value that is there, or this one: several threads get the same."""
        return self.values.setdefault(id(thing), self._entry(thing, value))[1]

    def _entry(self, thing: Any, value: Any) -> tuple[Any, Any]:
        import weakref

        key, pop = id(thing), self.values.pop
        # Without a reference to itself: it may be gone before the thing.
        return weakref.ref(thing, lambda _: pop(key, None)), value

    def clear(self) -> None:
        self.values.clear()


Owner = tuple["Any", "Any", "CodeType", int]
"""Who holds a lock, and since where: the lock, which is kept alive, as its address is the key; the thread's ident, or
what ``waiting`` knows of a thread that has ended; the code and the place in it."""

owners: dict[int, Owner] = {}
"""Locks as the program took them, by their ``id``. What library code takes for itself is not kept."""
depths: dict[int, int] = {}
"""How often a lock of these is held, where that is more than once."""
signals = Beside()
"""Locks that were released by another thread than took them: they carry a signal."""
mutexes = Beside()
"""Locks that were released by the thread that took them."""


class Shared:
    """The one ``Waits`` of this process, where there is one."""

    waits: Waits | None = None


def calls_program(function: Any) -> None:
    """A function of the library that calls one of the program: that may well be a primitive's method, called by nobody
    else. So this module counts as none of the library's; see ``caller``.
    """
    function.__module__ += " "


def clean(error: BaseException) -> None:
    """Take our frames off the outer end of a traceback; a bare ``raise`` adds none."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_HERE):
        trace = trace.tb_next
    error.__traceback__ = trace


def after_thread(ident: int, known: object) -> None:
    """A thread has ended: another may get its ident. ``known`` stands for it, where it still holds a lock."""
    for key, owner in list(owners.items()):
        if owner[1] == ident:
            owners[key] = (owner[0], known, *owner[2:])


def after_fork() -> None:
    """In a forked child only the locks of the thread that forked are still somebody's."""
    me = get_ident()
    for key, owner in list(owners.items()):
        if owner[1] != me:
            owners.pop(key, None)
            depths.pop(key, None)
    signals.clear()

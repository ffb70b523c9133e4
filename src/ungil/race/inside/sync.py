"""The program's synchronisation, watched: real primitives, whose methods tell a watcher what is done with them.

No primitive is replaced. The methods of the interpreter's own classes are, in place, so that everything about a lock
stays as it is: its class, what is a subclass of it, its errors, a lock made before all this began.
"""

from __future__ import annotations

import os

from ungil.race.inside import conditions, futures, locks, primitives, queues, selecting, starting, typeslots
from ungil.race.inside.primitives import RawLock

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, Protocol

    from ungil.race.inside.waiting import Waits
else:
    Protocol = object


typeslots.prepare()
_told: Watcher | None = None
"""Who is told at present."""


class Watcher(Protocol):
    """Who is told. ``out`` and ``into`` may be called while the interpreter's library holds locks of its own: they must
    return without waiting for another thread. All others may wait.
    """

    def acquire(self, lock: Any, original: Callable[[bool, float], bool], blocking: bool, timeout: float) -> bool:
        """Call ``original(blocking, timeout)``, or more often without blocking. ``timeout`` is -1 for none."""

    def release(self, lock: Any, original: Callable[[], None]) -> None:
        """Call ``original()``."""

    def suspend(self, lock: Any, original: Callable[[], Any]) -> Any:
        """A ``Condition.wait`` lets its lock go, however often it is held. Call ``original()``."""

    def resume(self, lock: Any, original: Callable[[Any], None], state: Any) -> None:
        """And takes it again; ``state`` is what ``suspend`` returned. Call ``original`` with what it returned there."""

    def out(self, thing: Any) -> None:
        """What this thread has done happens before what others do after ``into(thing)``."""

    def into(self, thing: Any) -> None:
        """The other end of ``out``."""

    def waits(self, kind: str, thing: Any, timeout: float | None) -> None:
        """What follows may wait. Kinds: ``join``, ``condition``, ``event``, ``semaphore``, ``barrier``, ``queue-get``,
        ``queue-put``, ``queue-join``, ``future`` (``thing`` is one, or a tuple of them), ``sleep``, and ``shutdown``:
        at its end the main thread waits for the others. ``resume`` comes before the ``woke`` of a condition. Nothing
        else comes in between, unless a signal handler, a finalizer or the comparison of a ``PriorityQueue``'s items
        synchronises.
        """

    def woke(self, kind: str, thing: Any) -> None:
        """It no longer does."""

    def thread_begins(self, thread: Any) -> None:
        """In a new thread, before its first step. ``thread``: its ``Thread``, or a ``starting.BareThread``."""

    def thread_ends(self, thread: Any) -> None:
        """In a thread, after its last step."""


class _Told:
    """The watcher, and ``Waits`` beside it."""

    def __init__(self, watcher: Watcher, waits: Waits) -> None:
        self._watcher = watcher
        self._waits = waits
        self.acquire, self.release = watcher.acquire, watcher.release
        self.suspend, self.resume = watcher.suspend, watcher.resume
        self.out, self.into = watcher.out, watcher.into

    def waits(self, kind: str, thing: Any, timeout: float | None) -> None:
        self._watcher.waits(kind, thing, timeout)
        self._waits.waits(kind, thing, timeout)

    def woke(self, kind: str, thing: Any) -> None:
        self._waits.woke(kind, thing)
        self._watcher.woke(kind, thing)

    def thread_begins(self, thread: Any) -> None:
        self._waits.thread_begins(thread)
        self._watcher.thread_begins(thread)

    def thread_ends(self, thread: Any) -> None:
        self._watcher.thread_ends(thread)
        self._waits.thread_ends(thread)


def raw_lock() -> RawLock:
    """A lock that nobody watches, for watchers."""
    return RawLock()


def internal(lock: object) -> bool:
    """Whether a lock is a primitive's own, and what is done with it means nothing: none that a watcher is told of is.

    A queue's mutex, or the lock that a condition makes for itself, counts as the program's when the program takes it.
    """
    return False


def install(watcher: Watcher, waits: Waits | None = None) -> None:
    """Have ``watcher`` told from now on, and ``waits`` know who waits for what. Once, while there is one thread.

    Raises:
        ImportError, OSError: this interpreter does not let its classes be changed; nothing was.
    """
    from ungil.substitute._hooks import when_imported

    global _told
    primitives.Shared.waits = waits
    told = _told = watcher if waits is None else _Told(watcher, waits)
    locks.patch(told)
    starting.patch_thread(told)
    starting.patch_time(told)
    patches: dict[str, tuple[Callable[[Watcher, ModuleType], None], ...]] = {
        "threading": (conditions.patch, starting.patch_threading),
        "_queue": (queues.patch_simple,),
        "queue": (queues.patch,),
        "concurrent.futures._base": (futures.patch_base,),
        "concurrent.futures.thread": (futures.patch_pool,),
        "concurrent.futures": (futures.patch_package,),
        "asyncio.base_events": (futures.patch_loops,),
        "asyncio.events": (futures.patch_handles,),
        "selectors": (selecting.patch,),
    }

    def patch(module: ModuleType) -> None:
        if _told is told:
            for each in patches[module.__name__]:
                each(told, module)

    for name in patches:
        when_imported(name, patch)
    os.register_at_fork(after_in_child=_after_fork)


def uninstall() -> None:
    """Put everything back. Locks that are held, and methods that were bound, go on as they are."""
    global _told
    _told = None
    typeslots.restore()
    locks.watched.clear()


def _after_fork() -> None:
    primitives.after_fork()
    futures.after_fork()
    waits = primitives.Shared.waits
    if waits is not None:
        waits.after_fork()

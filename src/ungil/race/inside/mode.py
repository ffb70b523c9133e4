"""What every kind of run has: the program's threads are followed, and nothing of its behaviour is changed."""

from __future__ import annotations

import sys

from ungil.race.inside import hooks, places, retests
from ungil.race.inside.threads import Threads, caller, entry, stack

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType
    from typing import Any

    from ungil.race.inside.places import Place
    from ungil.race.inside.retests import Test
    from ungil.race.inside.sites import Site

    Notify = Callable[[dict[str, object]], None]
    Plan = dict[str, Any]


class Mode:
    """Watches, and leaves all as it is. A watcher of ``sync``."""

    def __init__(self, plan: Plan, notify: Notify) -> None:
        self.plan = plan
        self.notify = notify
        self.threads = Threads()
        self._tests: dict[tuple[str, int, str], Test | None] = {}
        """By place, what is tested before a wait there that no loop is around."""

    def add(self, pairs: Iterable[Any], calls: Iterable[Any]) -> None:
        """One more module is instrumented: its windows."""

    # --- accesses

    def touch(self, site: Site, thing: Any, key: Any, phase: str) -> None:
        """The running thread is at a site."""

    def end(self) -> None:
        """The run is over."""

    def touched(self, site: Site, thing: Any, key: Any, phase: str) -> list[Place]:
        """What an access is about."""
        return places.of(site, thing, key, phase=access_kind(site, phase))

    # --- synchronisation

    def acquire(self, lock: Any, original: Callable[[bool, float], bool], blocking: bool, timeout: float) -> bool:
        """Take a lock."""
        taken = original(blocking, timeout)
        if taken:
            self.threads.took(lock)
        return taken

    def release(self, lock: Any, original: Callable[[], None]) -> None:
        """Let it go."""
        original()
        self.threads.gave(lock)

    def suspend(self, lock: Any, original: Callable[[], Any]) -> Any:
        """Let it go as often as it is held."""
        held = self.threads.me().held.pop(id(lock), None)
        return original(), held

    def resume(self, lock: Any, original: Callable[[Any], None], state: Any) -> None:
        """Take it again."""
        inner, held = state
        original(inner)
        if held is not None:
            taken = self.threads.took(lock)
            taken.count = held.count

    def out(self, thing: Any) -> None:
        """An edge leaves here."""
        self.threads.out(thing)

    def into(self, thing: Any) -> None:
        """And arrives here."""
        self.threads.into(thing)

    def waits(self, kind: str, thing: Any, timeout: float | None) -> None:
        """The running thread is about to wait."""

    def woke(self, kind: str, thing: Any) -> None:
        """It has waited."""
        if kind == "condition":
            self.look_again(sys._getframe(1))

    def look_again(self, frame: FrameType | None) -> None:
        """Whether a thread goes on after a wait though what it waited for has not come."""
        frame = caller(frame)
        if frame is None:
            return
        where = entry(frame)
        if where not in self._tests:
            self._tests[where] = retests.before_wait(where[0], where[1])
        test = self._tests[where]
        if test is not None and test.holds(frame):
            self._tests[where] = None  # told once
            thread = self.threads.me().name
            self.notify({"event": "woken", "place": where, "test": test.text, "thread": thread, "stack": stack()})

    def thread_begins(self, thread: Any) -> None:
        """The running thread begins."""
        self.threads.begin(thread)

    def thread_ends(self, thread: Any) -> None:
        """The running thread ends."""
        hooks.forget_thread()
        self.threads.end()


def access_kind(site: Site, phase: str) -> str:
    """``read`` or ``write``, of a phase of the access at a site."""
    if phase in (hooks.READ, hooks.WRITE):
        return phase
    return places.WRITE if site.op.endswith(("write", "delete")) else places.READ

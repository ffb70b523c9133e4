"""The run that delays: the first thread to come to a place where it synchronises is held until the others rest.

What is told too early, waited for too late, or used before it is ready shows where nobody happens to be in time.
"""

from __future__ import annotations

import time

from ungil.race.inside import hooks
from ungil.race.inside.mode import Mode
from ungil.race.inside.threads import place

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ungil.race.inside.mode import Notify, Plan
    from ungil.race.inside.sites import Site

_STEP_S = 0.002
_QUIET_S = 0.04
"""Without any step of another thread: then they rest."""
_PATIENCE_S = 0.6
_sleep = time.sleep
"""Bound before it is watched."""


class Delay(Mode):
    """The plan: ``place`` (path, line, function) and ``arrival``, the how-manieth to come there is held."""

    def __init__(self, plan: Plan, notify: Notify) -> None:
        super().__init__(plan, notify)
        self._place = tuple(plan["place"])
        self._left: int = plan.get("arrival", 1)
        self._steps = 0
        hooks.arm(None)

    def touch(self, site: Site, thing: Any, key: Any, phase: str) -> None:
        self._steps += 1

    def _come(self) -> None:
        self._steps += 1
        if self._left <= 0 or not self.threads.started or place() != self._place:
            return
        self._left -= 1
        if self._left == 0:
            self._hold()

    def _hold(self) -> None:
        began = quiet_since = time.monotonic()
        steps = self._steps
        while (now := time.monotonic()) - began < _PATIENCE_S and now - quiet_since < _QUIET_S:
            if len(self.threads.all()) < 2:
                return
            _sleep(_STEP_S)
            if self._steps != steps:
                steps, quiet_since = self._steps, now

    def acquire(self, lock: Any, original: Callable[[bool, float], bool], blocking: bool, timeout: float) -> bool:
        self._come()
        return super().acquire(lock, original, blocking, timeout)

    def release(self, lock: Any, original: Callable[[], None]) -> None:
        self._steps += 1
        super().release(lock, original)

    def waits(self, kind: str, thing: Any, timeout: float | None) -> None:
        self._come()

    def resume(self, lock: Any, original: Callable[[Any], None], state: Any) -> None:
        self._come()  # woken, but others may take the lock before
        super().resume(lock, original, state)

    def woke(self, kind: str, thing: Any) -> None:
        self._steps += 1
        super().woke(kind, thing)

    def thread_begins(self, thread: Any) -> None:
        super().thread_begins(thread)
        self._steps += 1

    def thread_ends(self, thread: Any) -> None:
        super().thread_ends(thread)
        self._steps += 1

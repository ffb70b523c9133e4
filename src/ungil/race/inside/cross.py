"""The run that crosses two threads on locks they take in opposite orders.

Each is held before its second lock until the other has its first (Joshi et al., "A Randomized Dynamic Program Analysis
Technique for Detecting Real Deadlocks", PLDI 2009).
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

_STEP_S = 0.001
_PATIENCE_S = 0.3
_ALL_S = 1.5
_sleep = time.sleep
"""Bound before it is watched."""


class Cross(Mode):
    """The plan: ``places``, of each of the two sides where it took its first lock and where it takes its second."""

    def __init__(self, plan: Plan, notify: Notify) -> None:
        super().__init__(plan, notify)
        self._sides = [tuple(tuple(each) for each in side) for side in plan["places"]]
        self._there: dict[int, tuple[int, int, int]] = {}
        """By side: the thread, its first lock, its second."""
        self._spent_s = 0.0
        hooks.arm(set())

    def acquire(self, lock: Any, original: Callable[[bool, float], bool], blocking: bool, timeout: float) -> bool:
        me = self.threads.me()
        if blocking and me.held and id(lock) not in me.held and self._spent_s < _ALL_S:
            here = place()
            for held in list(me.held.values()):
                for number, side in enumerate(self._sides):
                    if side == (held.place, here):
                        self._meet(number, me.number, id(held.lock), id(lock))
        return super().acquire(lock, original, blocking, timeout)

    def _meet(self, number: int, thread: int, first: int, second: int) -> None:
        self._there[number] = (thread, first, second)
        began = time.monotonic()
        while time.monotonic() < began + _PATIENCE_S and len(self.threads.all()) > 1:
            for other, other_first, other_second in list(self._there.values()):
                if other != thread and (other_first, other_second) == (second, first):
                    return  # it stays there: so the other one sees us as well
            _sleep(_STEP_S)
        self._spent_s += time.monotonic() - began
        if self._there.get(number, (None,))[0] == thread:
            del self._there[number]

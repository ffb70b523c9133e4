"""Runs whose threads take turns by a policy and a seed: whatever goes wrong in one goes wrong again with the same seed.

``random``  any thread may be next at any access
``pct``     threads have priorities, which change at a few moments (Burckhardt et al., "A Randomized Scheduler with
            Probabilistic Guarantees of Finding Bugs", ASPLOS 2010): a bug of depth d among n threads and k steps shows
            with a probability of 1/(n k^(d-1)) or more
``noise``   nobody waits for his turn, but at random places a thread sleeps a little: what only real parallelism shows

With ``random`` and ``pct`` one thread runs at a time. Who waits for a lock, or for anything else, gives its turn away;
who does not come to an access for some time (a long call, input) loses it, which is counted as not controlled.
"""

from __future__ import annotations

import contextlib
import random
import sys
import time

from ungil.race.inside import hooks, places, sync
from ungil.race.inside.mode import Mode, access_kind
from ungil.race.inside.threads import caller

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from ungil.race.inside.mode import Notify, Plan
    from ungil.race.inside.sites import Site, Sites
    from ungil.race.inside.threads import Thread

POLICIES = ("random", "pct", "noise")

_STALLED_S = 0.05
"""After that long without a step, the one whose turn it is has lost it."""
_MOST_STEPS = 200_000
"""Then the run goes on without a schedule."""
_sleep = time.sleep
"""Bound before it is watched."""


class Schedule(Mode):
    """Decides who is next.

    The plan: ``mode``, ``seed``, ``rate``, ``depth`` and ``length`` (steps) of pct, ``sites`` (where turns may change).
    """

    def __init__(self, plan: Plan, notify: Notify, sites: Sites, pairs: Iterable[Any]) -> None:
        super().__init__(plan, notify)
        self._policy: str = plan["mode"]
        self._random = random.Random(plan["seed"])
        self._rate: float = plan.get("rate", 0.3)
        self._guard = sync.raw_lock()
        self._ready: dict[int, Thread] = {}
        self._gates: dict[int, Any] = {}
        self._current: int | None = None
        self._free = self._policy == "noise"
        self.steps = 0
        self._stolen = 0
        self._absent: set[int] = set()
        """Those who did not come when it was their turn."""
        self._priorities: dict[int, float] = {}
        length = max(1, plan.get("length") or 1000)
        self._changes = (
            {self._random.randrange(1, length + 1) for _ in range(plan.get("depth", 3) - 1)}
            if self._policy == "pct"
            else set()
        )
        self._lowest = 0.0
        self._waiting: dict[int, list[tuple[str, Thread]]] = {}
        """By what they wait for, those who do."""
        self._acts: dict[int, list[tuple[str, int]]] = {}
        self._writes: dict[int, list[tuple[Thread, int, Any]]] = {}
        self._hits: set[tuple[Any, ...]] = set()
        chosen = plan.get("sites")
        self._firsts: set[int] = set()
        for pair in pairs:
            if pair.kind in ("update", "check") and (chosen is None or pair.act in chosen):
                self._acts.setdefault(pair.act, []).append((pair.kind, pair.first))
                self._firsts.add(pair.first)
        hooks.arm(None if chosen is None else set(chosen) | self._firsts)
        self.enter(self.threads.me())

    # --- turns

    def _gate(self, me: Thread) -> Any:
        gate = self._gates.get(me.number)
        if gate is None:
            gate = self._gates[me.number] = sync.raw_lock()
            gate.acquire()
        return gate

    def _open(self, thread: Thread) -> None:
        with contextlib.suppress(RuntimeError):  # it is open
            self._gate(thread).release()

    def point(self) -> None:
        """Here another one may go on."""
        if self._free:
            if self._policy == "noise" and self._random.random() < self._rate:
                _sleep(self._random.random() ** 3 * 0.002)
            return
        me = self.threads.me()
        if me.number not in self._ready:
            if me.number in self._absent:
                self._absent.discard(me.number)
                self.enter(me)
            return  # else inside of something that waits
        self.steps += 1
        if self.steps > _MOST_STEPS:
            self._let_all_go()
            return
        with self._guard:
            if self._current == me.number:
                chosen = self._choose(me)
                if chosen == me.number:
                    return
                self._current = chosen
                self._open(self._ready[chosen])
        self._wait(me)

    def _choose(self, me: Thread | None) -> int:
        numbers = sorted(self._ready)
        if self._policy == "pct":
            if me is not None and self.steps in self._changes:
                self._lowest -= 1
                self._priorities[me.number] = self._lowest
            return max(numbers, key=lambda number: self._priorities[number])
        if me is not None and self._random.random() >= self._rate:
            return me.number
        return self._random.choice(numbers)

    def _wait(self, me: Thread) -> None:
        """Until it is its turn."""
        gate = self._gate(me)
        while not self._free:
            steps = self.steps
            if gate.acquire(True, _STALLED_S):
                if self._current == me.number or self._free:
                    return
            elif self.steps == steps:
                with self._guard:
                    if self.steps == steps and self._current != me.number:
                        self._stolen += 1
                        if self._current is not None and self._ready.pop(self._current, None) is not None:
                            self._absent.add(self._current)
                        self._current = me.number
                        return
            elif self._current == me.number:
                return

    def enter(self, me: Thread) -> None:
        """It can go on, when it is its turn."""
        if self._free:
            return
        with self._guard:
            self._make_ready(me)
            if self._current is None or self._current not in self._ready:
                self._current = me.number
            if self._current == me.number:
                self._gate(me).acquire(False)  # it may have been opened already
                return
        self._wait(me)

    def _make_ready(self, thread: Thread) -> None:
        """It can go on, or will in a moment. Said by who causes that, the order does not depend on who is faster."""
        if thread.number not in self._priorities:
            self._priorities[thread.number] = 1 + self._random.random()
        self._ready[thread.number] = thread

    def _wake(self, thing: object, kinds: tuple[str, ...], most: int) -> None:
        """Those that wait for a thing, first come first, are ready."""
        if self._free:
            return
        with self._guard:
            waiting = self._waiting.get(id(thing))
            for entry in list(waiting or ()):
                if entry[0] in kinds and most > 0:
                    most -= 1
                    assert waiting is not None
                    waiting.remove(entry)
                    self._make_ready(entry[1])

    def _park(self, lock: object, me: Thread) -> bool:
        """Until a lock has been released, and it is its turn. False: nobody is left who could."""
        if self._free:
            return False
        with self._guard:
            self._waiting.setdefault(id(lock), []).append(("lock", me))
        self.leave(me)
        gate = self._gate(me)
        while not self._free:
            gate.acquire(True, _STALLED_S)
            with self._guard:
                if me.number in self._absent:  # it was woken, and its turn came before it noticed
                    self._absent.discard(me.number)
                    self._make_ready(me)
                if me.number in self._ready:
                    if self._current is None or self._current not in self._ready:
                        self._current = me.number
                    if self._current == me.number:
                        return True
                elif not self._ready:
                    self._forget(lock, "lock", me)
                    return False
        return False

    def _stay(self, kind: str, thing: object, me: Thread) -> None:
        with self._guard:
            self._waiting.setdefault(id(thing), []).append((kind, me))
        self.leave(me)

    def _come_back(self, kind: str, thing: object, me: Thread) -> None:
        with self._guard:
            self._forget(thing, kind, me)
        self.enter(me)

    def _forget(self, thing: object, kind: str, me: Thread) -> None:
        """It waits no longer."""
        waiting = self._waiting.get(id(thing))
        if waiting is not None:
            if (kind, me) in waiting:
                waiting.remove((kind, me))
            if not waiting:
                del self._waiting[id(thing)]

    def leave(self, me: Thread) -> None:
        """It is about to wait for something, or to end: another one's turn."""
        if self._free:
            return
        with self._guard:
            self._ready.pop(me.number, None)
            self._absent.discard(me.number)
            if self._current == me.number:
                if self._ready:
                    self._current = self._choose(None)
                    self._open(self._ready[self._current])
                else:
                    self._current = None
                    for waiting in self._waiting.values():
                        for kind, thread in waiting:
                            if kind == "lock":
                                self._open(thread)

    def _let_all_go(self) -> None:
        self._free = True
        for gate in list(self._gates.values()):
            with contextlib.suppress(RuntimeError):  # it is not closed
                gate.release()

    # --- accesses

    def touch(self, site: Site, thing: Any, key: Any, phase: str) -> None:
        if not self.threads.started:
            return
        if phase != hooks.READ:
            self.point()
        self._follow(site, thing, key, phase)

    def _follow(self, site: Site, thing: Any, key: Any, phase: str) -> None:
        """Whether another one was inside of an update's window, or a check's."""
        if phase == hooks.EACH:
            return
        me, frame = self.threads.me(), id(caller(sys._getframe(1)))
        found = self.touched(site, thing, key, phase)
        if phase != hooks.READ and site.index in self._acts:
            last = me.notes.get("last", {})
            for kind, first in self._acts[site.index]:
                known = last.get(first)
                if known is None or known[1] != id(thing) or known[0] != frame:
                    continue
                for other, index, other_key in self._writes.get(id(thing), ())[known[2] :]:
                    if other is not me and (other_key == known[3] or places.ANY in (other_key, known[3])):
                        self._hit(kind, first, site.index, index, me, other, known[4], thing, key, site)
                        break
        for place in found:
            if place.kind != places.READ:
                writes = self._writes.setdefault(id(thing), [])
                writes.append((me, site.index, place.key))
        if found and site.index in self._firsts and access_kind(site, phase) == places.READ:
            me.notes.setdefault("last", {})[site.index] = (
                frame,
                id(thing),
                len(self._writes.get(id(thing), ())),
                found[0].key,
                places.short(places.peek(found[0])),
            )

    def _hit(
        self,
        kind: str,
        first: int,
        act: int,
        remote: int,
        me: Thread,
        other: Thread,
        before: str,
        thing: Any,
        key: Any,
        site: Site,
    ) -> None:
        told = (kind, first, act, remote)
        if told in self._hits:
            return
        self._hits.add(told)
        found = self.touched(site, thing, key, hooks.READ)
        self.notify(
            {
                "event": "hit",
                "kind": kind,
                "first": first,
                "act": act,
                "remote": remote,
                "threads": [me.name, other.name],
                "values": [before, places.short(places.peek(found[0])) if found else None, None],
                "subject": list(places.describe(found[0], site)) if found else ["object", type(thing).__name__],
                "step": self.steps,
            }
        )

    # --- synchronisation

    def acquire(self, lock: Any, original: Callable[[bool, float], bool], blocking: bool, timeout: float) -> bool:
        me = self.threads.me()
        known = self._free or me.number in self._ready or me.number in self._absent
        if not self.threads.started or not known:
            return super().acquire(lock, original, blocking, timeout)
        self.point()
        if original(False, -1):
            self.threads.took(lock)
            return True
        if not blocking:
            return False
        while timeout < 0 and self._park(lock, me):
            if original(False, -1):
                self.threads.took(lock)
                return True
        self._stay("lock", lock, me)
        try:
            return super().acquire(lock, original, blocking, timeout)
        finally:
            self._come_back("lock", lock, me)

    def release(self, lock: Any, original: Callable[[], None]) -> None:
        self._wake(lock, ("lock",), 1)
        super().release(lock, original)

    def suspend(self, lock: Any, original: Callable[[], Any]) -> Any:
        self._wake(lock, ("lock",), 1)
        return super().suspend(lock, original)

    def out(self, thing: Any) -> None:
        super().out(thing)
        self._wake(thing, ("event", "future"), 1000)
        self._wake(thing, ("queue-get", "semaphore"), 1)
        if not self._free and hasattr(thing, "_bootstrap") and not thing.ident:
            expected = self.threads.expect(thing)
            if expected is not None:
                with self._guard:
                    self._make_ready(expected)

    def waits(self, kind: str, thing: Any, timeout: float | None) -> None:
        super().waits(kind, thing, timeout)
        self.point()
        self._stay(kind, thing, self.threads.me())

    def woke(self, kind: str, thing: Any) -> None:
        super().woke(kind, thing)
        self._come_back(kind, thing, self.threads.me())

    def thread_begins(self, thread: Any) -> None:
        super().thread_begins(thread)
        self.enter(self.threads.me())

    def thread_ends(self, thread: Any) -> None:
        me = self.threads.me()
        super().thread_ends(thread)
        self._wake(thread, ("join",), 1000)
        self.leave(me)

    def end(self) -> None:
        self._let_all_go()
        self.notify(
            {
                "event": "scheduled",
                "steps": self.steps,
                "stolen": self._stolen,
                "threads": self.threads.most,
            }
        )

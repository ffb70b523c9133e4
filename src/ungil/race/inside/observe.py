"""The run that looks: which accesses of several threads meet, and which windows they could meet in.

Each finding is told at once, so that nothing is lost where the program ends badly. Told once, however often it is seen:

``conflict``  two sites, the same thing, two threads, at least one writes, and nothing orders them
``window``    a thread went from one site to another with the same thing, and these locks held all the way
``order``     a lock taken while another was held
``synchronises``  a place where a thread took a lock, or waited for something
``handed``    something was changed after it was given to another thread, which reads it
"""

from __future__ import annotations

import random
import sys
import time
import weakref

from ungil.race.inside import hooks, places
from ungil.race.inside.mode import Mode
from ungil.race.inside.threads import caller, place, stack

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType, FrameType
    from typing import Any

    from ungil.race.inside.mode import Notify, Plan
    from ungil.race.inside.places import Place
    from ungil.race.inside.sites import Site
    from ungil.race.inside.threads import Thread

    Span = tuple[int, int, int, int]

_MOST_THINGS = 50_000
"""Objects whose accesses are kept; then the oldest are forgotten."""
_MOST_ENTRIES = 32
"""Accesses kept of one thing by one thread: one for each site and kind."""
_NO_LOCKS: frozenset[int] = frozenset()
_NOTHING: dict[int, _Accesses] = {}
_MOST_SEEN = 20_000
_NOISE = 0.2
_sleep = time.sleep
"""Bound before it is watched."""
_MOST_HANDED = 2_000
_MOST_PLACES = 500


class _Accesses:
    """What one thread did with one thing."""

    __slots__ = ("entries", "latest")

    def __init__(self) -> None:
        self.entries: dict[tuple[int, str], tuple[int, frozenset[int]]] = {}
        """By site and kind of access: the thread's time, and the locks held."""
        self.latest = 0
        """The latest of these times."""


class _Thing:
    """An object, list, dictionary, … and who touched what of it."""

    __slots__ = ("holder", "keys")

    def __init__(self, holder: Any) -> None:
        self.holder = holder
        self.keys: dict[Any, dict[int, _Accesses]] = {}
        """By key and thread."""


class _Handed:
    """Something that a thread has given to another one."""

    __slots__ = ("again", "by", "conflicts", "thing", "writers")

    def __init__(self, thing: object, by: int) -> None:
        self.thing = thing
        self.by = by
        self.writers: dict[int, int] = {}
        """Threads that changed it since, and when."""
        self.again = False
        """It was then given away once more: so it was meant to be a new one each time."""
        self.conflicts: set[tuple[int, int, int]] = set()
        """The thread that reads it, where, and where it is changed."""


class Observe(Mode):
    """Looks, and changes nothing."""

    def __init__(self, plan: Plan, notify: Notify, pairs: Iterable[Any] = (), calls: Iterable[Any] = ()) -> None:
        super().__init__(plan, notify)
        self._random = random.Random(plan["seed"]) if "seed" in plan else None
        """With a seed, threads are delayed a little here and there: other runs see other things."""
        self._core_filters = hooks.core is not None
        self._things: dict[int, _Thing] = {}
        self._conflicts: set[tuple[Any, ...]] = set()
        self._windows: dict[tuple[Any, ...], set[int]] = {}
        self._orders: set[tuple[Any, ...]] = set()
        self._locks: dict[int, tuple[Any, int]] = {}
        self._firsts: set[int] = set()
        self._acts: dict[int, list[tuple[str, int]]] = {}
        self._call_firsts: dict[tuple[str, Span], list[int]] = {}
        self._call_acts: dict[tuple[str, Span], list[int]] = {}
        self._spans: dict[tuple[CodeType, int], Span | None] = {}
        self._synchronising: set[tuple[str, int, str]] = set()
        self._handed: dict[int, _Handed] = {}
        self._calls: list[Any] = []
        self._call_first_sites: dict[int, list[int]] = {}
        self._call_act_sites: dict[int, list[int]] = {}
        self.add(pairs, calls)

    def add(self, pairs: Iterable[Any], calls: Iterable[Any]) -> None:
        """The windows of one more module."""
        for pair in pairs:
            self._firsts.add(pair.first)
            self._acts.setdefault(pair.act, []).append((pair.kind, pair.first))
        for call in calls:
            index = len(self._calls)
            self._calls.append(call)
            for site, span, by_site, by_span in (
                (call.first_site, call.first, self._call_first_sites, self._call_firsts),
                (call.act_site, call.act, self._call_act_sites, self._call_acts),
            ):
                if site is not None:
                    by_site.setdefault(site, []).append(index)
                else:
                    by_span.setdefault((call.path, tuple(span)), []).append(index)

    # --- accesses

    def touch(self, site: Site, thing: Any, key: Any, phase: str) -> None:
        if not self.threads.started:
            return  # who is alone races with nobody, and start() orders what it did before
        me = self.threads.me()
        if not self._core_filters:
            seen = me.notes.get("seen")
            if seen is None:
                seen = me.notes["seen"] = set()
            mark = (site.index, id(thing), phase, key if type(key) in (str, int) else id(key))
            if mark in seen and site.index not in self._acts and site.index not in self._firsts:
                return
            if len(seen) > _MOST_SEEN:
                seen.clear()
            seen.add(mark)
        if self._random is not None and self._random.random() < _NOISE:
            _sleep(self._random.random() ** 3 * 0.003)
        for each in self.touched(site, thing, key, phase):
            self._record(me, site, each)
        if site.index in self._acts or site.index in self._firsts:
            self._follow(me, site, thing, key, phase)

    def _record(self, me: Thread, site: Site, place: Place) -> None:
        keys = self._known(place.owner).keys
        locks = frozenset(me.held) if me.held else _NO_LOCKS
        kind, number_of_mine = place.kind, me.number
        others: Iterable[Any]
        if place.key is places.ANY:
            others = list(keys)
        elif place.key is places.SHAPE or places.ANY not in keys:
            others = (place.key,)
        else:
            others = (place.key, places.ANY)
        handed = self._handed.get(id(place.owner))
        if handed is not None and kind == places.WRITE:
            handed.writers[me.number] = me.now
        for key in others:
            for number, theirs in list(keys.get(key, _NOTHING).items()):
                if number == number_of_mine or me.knows(number, theirs.latest):
                    continue
                for (index, other_kind), (then, other_locks) in list(theirs.entries.items()):
                    if (kind == places.READ and other_kind == places.READ) or me.knows(number, then):
                        continue
                    self._conflict(site, kind, locks, index, other_kind, other_locks, place)
                    if handed is not None:
                        sides = (number_of_mine, kind, site.index), (number, other_kind, index)
                        for one, other in (sides, sides[::-1]):
                            if one[1] == places.WRITE and other[1] == places.READ:
                                handed.conflicts.add((other[0], other[2], one[2]))
        threads = keys.get(place.key)
        if threads is None:
            threads = keys.setdefault(place.key, {})
        mine = threads.get(number_of_mine)
        if mine is None:
            mine = threads[number_of_mine] = _Accesses()
        elif len(mine.entries) >= _MOST_ENTRIES:
            mine.entries.pop(next(iter(mine.entries)), None)
        mine.entries[site.index, kind] = (me.now, locks)
        mine.latest = me.now
        if self._calls:
            self._follow_calls(me, site, place)

    def _known(self, owner: object) -> _Thing:
        found = self._things.get(id(owner))
        if found is not None and (found.holder is owner or _refers(found.holder, owner)):
            return found
        key = id(owner)
        try:
            holder: Any = weakref.ref(owner, lambda _: self._things.pop(key, None))
        except TypeError:
            holder = owner  # kept alive, so that no other takes its address
        found = self._things[key] = _Thing(holder)
        if len(self._things) > _MOST_THINGS:
            self._things.pop(next(iter(self._things)), None)
        return found

    def _conflict(
        self,
        site: Site,
        kind: str,
        locks: frozenset[int],
        other: int,
        other_kind: str,
        other_locks: frozenset[int],
        place: Place,
    ) -> None:
        common = bool(locks & other_locks)
        sides = sorted(((site.index, kind), (other, other_kind)))
        told = (*sides, common)
        if told in self._conflicts:
            return
        self._conflicts.add(told)
        subject = places.describe(place, site)
        self.notify(
            {
                "event": "conflict",
                "sites": [sides[0][0], sides[1][0]],
                "kinds": [sides[0][1], sides[1][1]],
                "common_lock": common,
                "locks": [len(locks), len(other_locks)],
                "subject": list(subject),
                "shape": place.key is places.SHAPE,
                "last": site.index,
                "stack": stack(),
            }
        )

    # --- windows

    def _follow(self, me: Thread, site: Site, thing: Any, key: Any, phase: str) -> None:
        frame = id(caller(sys._getframe(2)))
        takings = me.takings()
        last = me.notes.setdefault("last", {})
        if phase != hooks.READ:
            for kind, first in self._acts.get(site.index, ()):
                known = last.get(first)
                if known is None or (known[0] != frame and kind != "iterate"):
                    continue  # what a generator expression goes through is had outside of it
                if known[1] != id(thing) and kind != "together" and known[1] != self._stored(site, thing, key, phase):
                    continue
                if (kind == "iterate") != (phase == hooks.EACH):
                    continue
                self._window(kind, first, site.index, known[2], me)
        if site.index in self._firsts and phase in (hooks.BEFORE, hooks.READ):
            last[site.index] = (frame, id(thing), takings)

    def _stored(self, site: Site, thing: Any, key: Any, phase: str) -> int:
        """What is there now, where something else is about to be stored: ``self.items = …`` after a loop over it."""
        if not site.op.endswith(("write", "update")):
            return 0
        found = self.touched(site, thing, key, phase)
        return id(places.peek(found[0])) if found else 0

    def _window(
        self,
        kind: str,
        first: int,
        act: int,
        before: frozenset[tuple[int, int]],
        me: Thread,
        call: int | None = None,
    ) -> None:
        """A window was gone through; ``before`` are the locks held at its first half."""
        locks = {lock for lock, held in me.held.items() if (lock, held.number) in before}
        told = (kind, first, act, call)
        known = self._windows.get(told)
        if known is not None and (not known or known <= locks):
            return
        self._windows[told] = locks if known is None else known & locks
        if not self._windows[told] and call is None:
            self._done(kind, first, act)
        self.notify(
            {
                "event": "window",
                "kind": kind,
                "first": first,
                "act": act,
                "call": None if call is None else self._told_call(call),
                "locks": sorted(self._number(me.held[lock].lock) for lock in self._windows[told] if lock in me.held),
                # Locks taken on the way: who holds one of them keeps others out of the rest of the window.
                "gates": [held.place for lock, held in me.held.items() if (lock, held.number) not in before],
            }
        )

    def _done(self, kind: str, first: int, act: int) -> None:
        """Nothing more is to be learnt of a pair."""
        self._acts[act] = [pair for pair in self._acts[act] if pair != (kind, first)]
        if not self._acts[act]:
            del self._acts[act]
        if not any(first == other for pairs in list(self._acts.values()) for _, other in pairs):
            self._firsts.discard(first)

    def _told_call(self, index: int) -> dict[str, Any]:
        call = self._calls[index]
        return {
            "kind": call.kind,
            "path": call.path,
            "first": list(call.first),
            "act": list(call.act),
            "sites": [call.first_site, call.act_site],
        }

    def _follow_calls(self, me: Thread, site: Site, place: Place) -> None:
        frame = caller(sys._getframe(2))
        last = me.notes.setdefault("calls", {})
        takings = me.takings()
        acts, firsts = self._call_act_sites.get(site.index, ()), self._call_first_sites.get(site.index, ())
        deep = 0
        while frame is not None and deep < 6:
            if deep:
                span = self._span(frame)
                where = (frame.f_code.co_filename, span)
                acts, firsts = self._call_acts.get(where, ()), self._call_firsts.get(where, ())  # type: ignore[arg-type]  # None is no key
            for index in acts:
                for first, owner, key, before in last.get((id(frame), index), ()):
                    if owner == id(place.owner) and (key == place.key or places.ANY in (key, place.key)):
                        kind = f"call-{self._calls[index].kind}"
                        self._window(kind, first, site.index, before, me, index)
            for index in firsts:
                seen = last.setdefault((id(frame), index), [])
                if len(seen) > 16:
                    seen.clear()
                seen.append((site.index, id(place.owner), place.key, takings))
            frame = frame.f_back
            deep += 1
        if len(last) > 500:
            last.clear()

    def _span(self, frame: FrameType) -> Span | None:
        key = (frame.f_code, frame.f_lasti)
        try:
            return self._spans[key]
        except KeyError:
            found = self._spans[key] = span_of(frame)
            return found

    # --- locks

    def acquire(self, lock: Any, original: Callable[[bool, float], bool], blocking: bool, timeout: float) -> bool:
        me = self.threads.me()
        self._synchronises()
        if blocking and me.held and id(lock) not in me.held:
            for other in list(me.held.values()):
                self._order(me, other, lock, timeout)
        taken = super().acquire(lock, original, blocking, timeout)
        self._refresh(me)
        return taken

    def _synchronises(self) -> None:
        if not self.threads.started:
            return
        here = place()
        if here is not None and here not in self._synchronising and len(self._synchronising) < _MOST_PLACES:
            self._synchronising.add(here)
            self.notify({"event": "synchronises", "place": here})

    def waits(self, kind: str, thing: Any, timeout: float | None) -> None:
        if kind not in ("sleep", "shutdown"):
            self._synchronises()

    def release(self, lock: Any, original: Callable[[], None]) -> None:
        self._refresh(self.threads.me())
        super().release(lock, original)

    def out(self, thing: Any) -> None:
        for each in _arguments(thing):
            self._hand(each)
        super().out(thing)
        self._refresh(self.threads.me())

    def _hand(self, thing: object) -> None:
        me = self.threads.me()
        known = self._handed.get(id(thing))
        if known is None or known.by != me.number:
            if len(self._handed) < _MOST_HANDED:
                self._handed[id(thing)] = _Handed(thing, me.number)
            return
        # What another one changed counts where this one has waited for it: it then had it filled anew.
        known.again = known.again or any(
            number == me.number or me.knows(number, time) for number, time in known.writers.items()
        )

    def _refresh(self, me: Thread) -> None:
        """Other locks, or another time: what it does again is news."""
        me.notes.pop("seen", None)
        hooks.fresh()

    def _number(self, lock: object) -> int:
        return self._locks.setdefault(id(lock), (lock, len(self._locks)))[1]  # kept: no other takes its address

    def _order(self, me: Thread, held: Any, lock: Any, timeout: float) -> None:
        told = (id(held.lock), id(lock), me.number)
        if told in self._orders or len(self._orders) > 2000:
            return
        self._orders.add(told)
        here = place()
        self.notify(
            {
                "event": "order",
                "locks": [self._number(held.lock), self._number(lock)],
                "places": [held.place, here],
                "thread": me.number,
                "gates": sorted(self._number(each.lock) for each in me.held.values() if each not in (held, lock)),
                "timed": timeout >= 0,
                "stack": stack(),
            }
        )

    def end(self) -> None:
        again = [handed for handed in self._handed.values() if handed.again]
        for read, write in sorted(
            {(read, write) for each in again for reader, read, write in each.conflicts if reader not in each.writers}
        ):
            self.notify({"event": "handed", "read": read, "write": write})
        self.notify({"event": "observed", "threads": self.threads.most, "things": len(self._things)})


def _arguments(thing: Any) -> list[object]:
    """What can be changed of what a thread, or a pool's task, is given."""
    if hasattr(thing, "_target"):
        function, args, more = thing._target, getattr(thing, "_args", ()), getattr(thing, "_kwargs", {})
    elif type(thing).__name__ == "_WorkItem":
        function, args, more = getattr(thing, "task", None) or (thing.fn, thing.args, thing.kwargs)
    else:
        return []
    args = tuple(args or ())
    while hasattr(function, "func") and hasattr(function, "args"):  # a functools.partial
        args += function.args
        function = function.func
    if getattr(function, "__name__", "") == "run" and args:  # in a context
        function = args[0]
    cells = getattr(function, "__closure__", None) or ()
    found = [*args, *(more or {}).values()]
    return [*cells, *(each for each in found if isinstance(each, places.CONTAINERS) or _dictionary(each))]


def _dictionary(thing: object) -> bool:
    return isinstance(getattr(type(thing), "__dictoffset__", 0), int) and type(thing).__dictoffset__ != 0


def span_of(frame: FrameType) -> Span | None:
    """Where in the source the call stands that a frame is in the midst of."""
    code: Any = frame.f_code
    positions = list(code.co_positions())
    index = frame.f_lasti // 2
    if not 0 <= index < len(positions):
        return None
    line, end_line, column, end_column = positions[index]
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, column, end_line, end_column


def _refers(holder: Any, owner: object) -> bool:
    return isinstance(holder, weakref.ref) and holder() is owner

"""The run that forces: a thread is held before the second half of a window until another has been in between.

Sen, "Race Directed Random Testing of Concurrent Programs" (PLDI 2008), with windows in place of pairs of accesses. What
is told of a window that was forced is what then happened: values, an exception, a check that no longer holds.
"""

from __future__ import annotations

import sys
import time
from _thread import get_ident

from ungil.race.inside import hooks, places, retests
from ungil.race.inside.mode import Mode, access_kind
from ungil.race.inside.observe import span_of
from ungil.race.inside.threads import caller, entry, stack

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ungil.race.inside.mode import Notify, Plan
    from ungil.race.inside.places import Place
    from ungil.race.inside.sites import Site, Sites
    from ungil.race.inside.threads import Thread

_TOOL = 4
"""Of ``sys.monitoring``: one of the two that no kind of tool has a claim on."""
_STEP_S = 0.001
_SETTLE_S = 0.002
"""For a store that is just being made."""
_PATIENCE_S = 0.25
"""For another thread to come."""
_ALL_S, _COME_S = 1.0, 0.7
"""Of a run, spent holding threads in vain, in the window and before it."""


class _Write:
    """What another thread did to a thing."""

    __slots__ = ("frame", "key", "site", "takings", "thread")

    def __init__(self, thread: Thread, site: Site, key: object, frame: int) -> None:
        self.thread = thread
        self.site = site
        self.key = key
        self.frame = frame
        self.takings = thread.takings()


class _Half:
    """The first half of a window that a thread is in."""

    __slots__ = ("count", "frame", "items", "locks", "place", "site", "stack", "thing", "value")

    def __init__(self, site: Site, thing: Any, place: Place, frame: int, count: int, me: Thread) -> None:
        self.site = site
        self.thing = thing
        self.place = place
        self.value = places.peek(place)
        self.items = places.copied(place)
        """Of a dictionary of which only one item is meant, and it is not known yet which."""
        self.frame = frame
        self.count = count
        """Writes to the thing's owner before."""
        self.locks = _held(me)
        self.stack = stack()

    def learn_key(self, found: list[Place]) -> None:
        """Of ``d.get(k)`` it is not known which item is meant: what is then done with the dictionary tells it."""
        if self.items is None or self.site.name != "get":
            return
        for place in found:
            if place.owner is self.place.owner and place.key not in (places.SHAPE, places.ANY):
                self.place = places.Place(place.owner, place.key, places.READ)
                self.value = self.items.get(place.key, places.MISSING)
                return


class Force(Mode):
    """Holds a thread in the window of the plan.

    The plan: ``first``, ``act`` (sites), ``kind``, ``remotes`` (sites that write), ``call`` (for windows of two calls).
    """

    def __init__(self, plan: Plan, notify: Notify, sites: Sites) -> None:
        super().__init__(plan, notify)
        self._kind: str = plan["kind"]
        self._first: int = plan["first"]
        self._act: int = plan["act"]
        self._remotes = frozenset(plan["remotes"])
        self._late = frozenset(plan.get("late", self._remotes))
        """Where another thread lets this one come into the window first, ..."""
        self._arrival: int = plan.get("arrival", 1)
        """... from its how-manieth coming there on."""
        self._arrivals = 0
        self._call: dict[str, Any] | None = plan.get("call")
        self._gates = {tuple(gate) for gate in plan.get("gates", ())}
        self._writes: dict[int, list[_Write]] = {}
        self._holding: dict[int, int] = {}
        self._spent_s = self._came_s = 0.0
        self._told = 0
        self._after: dict[int, Callable[..., None]] = {}
        self._watched: dict[int, tuple[CodeType, dict[str, Any]]] = {}
        self._watching = False
        self._test = retests.around(sites[self._first], sites[self._act]) if self._kind.endswith("check") else None
        hooks.arm({self._first, self._act, *self._remotes})

    # --- accesses

    def touch(self, site: Site, thing: Any, key: Any, phase: str) -> None:
        if not self.threads.started:
            return
        me = self.threads.me()
        self._verify()
        kind = access_kind(site, phase)
        found = self.touched(site, thing, key, phase)
        frame = caller(sys._getframe(1))
        if frame is None:
            return
        if self._kind == "handed" and site.index == self._act and found and phase != hooks.WRITE:
            me.notes["half"] = _Half(site, thing, found[0], self._frame(frame, site), self._count(found[0]), me)
            me.notes["content"] = places.content(found[0])
        if site.index == self._act and phase != hooks.READ and (self._kind == "iterate") == (phase == hooks.EACH):
            half = me.notes.get("half")
            if half is not None and self._belongs(half, frame, site, thing, found):
                self._hold(me, half, site, thing, found, frame)
        if site.index == self._first and phase in (hooks.BEFORE, hooks.READ) and found:
            place = found[-1] if self._kind != "iterate" else found[0]
            me.notes["half"] = _Half(
                site,
                thing,
                found[0] if kind == places.READ else place,
                self._frame(frame, site),
                self._count(place),
                me,
            )
        if phase != hooks.READ and phase != hooks.EACH:
            if site.index in self._late and site.index != self._act:
                self._arrivals += 1
                if self._arrivals >= self._arrival:
                    self._let_come(me, found)
            for place in found:
                if place.kind != places.READ:
                    self._writes.setdefault(id(place.owner), []).append(_Write(me, site, place.key, id(frame)))

    def _frame(self, frame: FrameType, site: Site) -> int:
        """What a window has to stay in: the function, or for a window of two calls the one that makes them."""
        if self._call is None:
            return id(frame)
        if site.index in self._call["sites"]:
            return id(frame)
        return self._outer(frame, self._call["first"], self._call["act"])

    def _outer(self, frame: FrameType, *spans: list[int]) -> int:
        """The frame that is in the midst of a call at one of these places, of those this one was called by."""
        assert self._call is not None
        outer = frame.f_back
        while outer is not None:
            if outer.f_code.co_filename == self._call["path"] and list(span_of(outer) or ()) in spans:
                return id(outer)
            outer = outer.f_back
        return 0

    def _belongs(self, half: _Half, frame: FrameType, site: Site, thing: Any, found: list[Place]) -> bool:
        if self._kind == "iterate":  # a generator expression has a frame of its own, but not for what it goes through
            return half.thing is thing
        if half.frame != self._frame(frame, site) or half.frame == 0:
            return False
        if self._kind == "together":
            return not any(place.meets(half.place) for place in found)
        return half.thing is thing or any(
            place.owner is half.place.owner or places.peek(place) is half.thing for place in found
        )

    def _count(self, place: Place) -> int:
        return len(self._writes.get(id(place.owner), ()))

    def _others(self, me: Thread, place: Place, since: int) -> list[_Write]:
        return [
            write
            for write in self._writes.get(id(place.owner), ())[since:]
            if write.thread is not me
            and (write.key == place.key or places.ANY in (write.key, place.key) or place.key is places.SHAPE)
        ]

    # --- holding

    def _let_come(self, me: Thread, found: list[Place]) -> None:
        """Before it writes, have another thread come into the window."""
        owners = [id(place.owner) for place in found if place.kind != places.READ]
        began = time.monotonic()
        while owners and self._came_s < _COME_S and len(self.threads.all()) > 1:
            if self._told or any(self._holding.get(owner, me.number) != me.number for owner in owners):
                break
            if time.monotonic() - began > _PATIENCE_S:
                break
            _sleep(_STEP_S)
        if not self._told:
            self._came_s += time.monotonic() - began

    def acquire(self, lock: Any, original: Callable[[bool, float], bool], blocking: bool, timeout: float) -> bool:
        if self._gates and blocking and self.threads.started:
            me = self.threads.me()
            half = me.notes.get("half")
            frame = caller(sys._getframe(1))
            if half is not None and frame is not None and entry(frame) in self._gates:
                inner = frame if self._call is None else None
                if self._call is None or self._outer(frame, self._call["act"]) == half.frame:
                    self._wait(me, half, None, 0, inner)
        return super().acquire(lock, original, blocking, timeout)

    def _hold(self, me: Thread, half: _Half, site: Site, thing: Any, found: list[Place], frame: FrameType) -> None:
        if self._told >= (3 if self._kind.endswith("check") else 1):
            return
        half.learn_key(found)
        act = found[-1] if found else half.place
        for place in found:  # a new item changes the dictionary's shape too, but is what was looked for
            if place.owner is half.place.owner and place.key == half.place.key:
                act = place
        if not self._wait(me, half, act, self._count(act), frame):
            return
        self._judge(me, half, site, thing, act, self._others(me, half.place, half.count), frame)
        if self._kind != "iterate":
            me.notes.pop("half", None)

    def _wait(self, me: Thread, half: _Half, act: Place | None, act_since: int, frame: FrameType | None) -> bool:
        """Until another has been in the window, for some time; whether one has."""
        key = id(half.place.owner)
        if not self._others(me, half.place, half.count):
            if self._holding.get(key) or self._spent_s > _ALL_S or len(self.threads.all()) < 2:
                return False
            self._holding[key] = me.number
        began = time.monotonic()
        end = began + min(_PATIENCE_S, max(_ALL_S - self._spent_s, 0.02))
        try:
            while not self._reached(me, half, act, act_since, frame) and time.monotonic() < end:
                _sleep(_STEP_S)
                if len(self.threads.all()) < 2:
                    break
        finally:
            self._holding.pop(key, None)
        if not self._others(me, half.place, half.count):
            self._spent_s += time.monotonic() - began
            return False
        _sleep(_SETTLE_S)
        return True

    def _reached(self, me: Thread, half: _Half, act: Place | None, act_since: int, frame: FrameType | None) -> bool:
        if not self._others(me, half.place, half.count):
            return False
        if self._kind == "together" and act is not None:
            return bool(self._others(me, act, act_since))
        if self._kind.endswith("check"):
            return self._holds_no_more(half, frame) is not False
        return True

    def _holds_no_more(self, half: _Half, frame: FrameType | None) -> bool | None:
        """Whether the check that was made would now come out otherwise; None: it cannot be told."""
        now = places.peek(half.place)
        if self._test is not None and self._call is None and frame is not None:
            before = self._test.holds(frame)
            if before is not None:
                return not before
        op = half.site.op
        if op in ("len", "truth", "contains") and isinstance(half.value, (int, bool)) and isinstance(now, (int, bool)):
            return bool(now) != bool(half.value) or (op == "len" and now < half.value)
        if half.place.key in (places.SHAPE, places.ANY) and isinstance(now, int) and isinstance(half.value, int):
            return now != half.value
        return now is not half.value and not (places.is_immutable(now) and now == half.value)

    # --- judging

    def _judge(
        self, me: Thread, half: _Half, site: Site, thing: Any, act: Place, others: list[_Write], frame: FrameType
    ) -> None:
        last = others[-1]
        before, meant = half.value, half.place
        if half.items is not None and act.owner is half.place.owner and act.key not in (places.SHAPE, places.ANY):
            before, meant = half.items.get(act.key, places.MISSING), act
        between = places.peek(meant)
        flipped = self._holds_no_more(half, frame) if self._kind.endswith("check") else None
        told: dict[str, Any] = {
            "event": "forced",
            "kind": self._kind,
            "first": half.site.index,
            "act": site.index,
            "remote": last.site.index,
            "threads": [me.name, last.thread.name],
            "subject": list(places.describe(meant, half.site)),
            "values": [places.short(before), places.short(between), None],
            "changed": not _same(before, between),
            "flipped": flipped,
            "stacks": [half.stack, stack()],
            "locks": [half.locks, _held(me)],
            "remote_locked": bool(last.takings),
            "remote_together": False,
            "outcome": None,
            "test": None if self._test is None else self._test.text,
        }
        if self._kind == "handed":
            told["values"] = [me.notes["content"], places.content(half.place), None]
            told["changed"] = told["values"][0] != told["values"][1]
        if self._kind == "together":
            theirs = [write for write in self._others(me, act, 0) if write.thread is last.thread]
            told["remote_together"] = any(
                (w.takings & o.takings) or w.frame == o.frame for w in theirs for o in others if o.thread is w.thread
            )
            told["changed"] = told["changed"] and bool(theirs)
        self._told += 1
        ident = get_ident()
        written = act if act.writes else None

        def after(exception: str | None = None) -> None:
            self._after.pop(ident, None)
            self._watched.pop(ident, None)
            if exception is not None:
                told["outcome"] = exception
            if written is not None and exception is None:
                final = places.peek(written)
                told["values"][2] = places.short(final)
                told["same_value"] = _same(final, between) and (places.is_immutable(final) or isinstance(final, type))
            self.notify(told)

        self._after[ident] = after
        self._watched[ident] = (frame.f_code, told)
        self._watch()

    def _verify(self) -> None:
        """The running thread has made the access before this one."""
        after = self._after.get(get_ident())
        if after is not None:
            after()

    def _watch(self) -> None:
        """Hear of exceptions that leave the function."""
        if self._watching:
            return
        self._watching = True
        monitoring: Any = vars(sys)["monitoring"]
        try:
            monitoring.use_tool_id(_TOOL, "ungil")
        except ValueError:
            return  # another tool has it
        monitoring.register_callback(_TOOL, monitoring.events.PY_UNWIND, self._unwound)
        monitoring.set_events(_TOOL, monitoring.events.PY_UNWIND)

    def _unwound(self, code: CodeType, _offset: int, error: BaseException) -> None:
        ident = get_ident()
        watched = self._watched.get(ident)
        if watched is None or watched[0] is not code:
            return
        after = self._after.get(ident)
        if after is not None and isinstance(error, Exception):
            text = str(error) if type(error).__module__ == "builtins" else ""
            after(f"{type(error).__name__}: {text}" if text else type(error).__name__)

    # --- the rest of the run

    def thread_ends(self, thread: Any) -> None:
        self._verify()
        super().thread_ends(thread)

    def end(self) -> None:
        for after in list(self._after.values()):
            after()


def _held(thread: Thread) -> list[Any]:
    return [list(held.place) if held.place else None for held in thread.held.values()]


def _same(one: object, other: object) -> bool:
    return one is other or (places.is_immutable(one) and type(one) is type(other) and one == other)


_sleep = time.sleep
"""Bound before it is watched."""

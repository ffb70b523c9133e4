"""The threads of the program in one run: their numbers, what they hold, and what happened before what.

Happens-before is kept *without* the order in which locks were taken: only start and join, hand-over through queues,
events, futures and barriers order two accesses. Locks are looked at by themselves (which were held), so that a lock
that happened to be taken in between hides nothing (O'Callahan and Choi, "Hybrid dynamic data race detection", PPoPP
2003).
"""

from __future__ import annotations

import sys
import weakref
from _thread import get_ident

from ungil.race.inside import hooks

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

Clock = dict[int, int]

program: set[str] = set()
"""The files of the program: those instrumented."""

_DEEPEST = 12
"""Frames of a stack that are kept."""


class Held:
    """A lock that a thread holds."""

    __slots__ = ("count", "lock", "number", "place")

    def __init__(self, lock: Any, number: int, place: tuple[str, int, str] | None) -> None:
        self.lock = lock
        self.number = number
        """Of this taking of it: another one has another."""
        self.place = place
        self.count = 1


class Thread:
    """One thread of the program."""

    __slots__ = ("clock", "held", "ident", "name", "notes", "now", "number", "thread")

    def __init__(self, number: int, name: str, ident: int) -> None:
        self.number = number
        self.thread: object = None
        self.name = name
        self.ident = ident
        self.clock: Clock = {}
        self.now = 1
        """Its own time: goes on with each edge that leaves it."""
        self.held: dict[int, Held] = {}
        self.notes: dict[Any, Any] = {}
        """What the mode of the run keeps about it."""

    def takings(self) -> frozenset[tuple[int, int]]:
        """The locks it holds, each with the number of this taking of it."""
        return frozenset((lock, held.number) for lock, held in self.held.items())

    def knows(self, number: int, time: int) -> bool:
        """Whether what thread ``number`` did at ``time`` happened before what this one does now."""
        return self.clock.get(number, 0) >= time


class Threads:
    """All of them."""

    def __init__(self) -> None:
        self._by_ident: dict[int, Thread] = {}
        self._numbers = 0
        self._expected: dict[int, Thread] = {}
        self._edges: dict[int, tuple[Any, Clock]] = {}
        self._takings = 0
        self.most = 0
        self.started = False
        """Whether there has been more than one."""

    def expect(self, thread: object) -> Thread | None:
        """One is about to be started; None where it is known. So they are numbered in the order of their starts."""
        if id(thread) in self._expected or any(each.thread is thread for each in self.all()):
            return None
        found = self._expected[id(thread)] = Thread(self._numbers, "", 0)
        self._numbers += 1
        found.thread = thread
        return found

    def begin(self, thread: object) -> Thread:
        """The running one begins."""
        expected = self._expected.pop(id(thread), None)
        if expected is None or expected.thread is not thread:
            return self.me()
        expected.ident = get_ident()
        expected.name = _name(expected.ident)
        self._by_ident[expected.ident] = expected
        self._count(expected.number)
        return expected

    def me(self) -> Thread:
        """The running one."""
        ident = get_ident()
        found = self._by_ident.get(ident)
        if found is None:
            number = self._numbers
            self._numbers += 1
            found = self._by_ident[ident] = Thread(number, _name(ident), ident)
            self._count(number)
        return found

    def _count(self, number: int) -> None:
        self.most = max(self.most, len(self._by_ident))
        if number > 0 and not self.started:
            self.started = True
            hooks.activate()

    def all(self) -> list[Thread]:
        return list(self._by_ident.values())

    def end(self) -> None:
        """The running one ends."""
        self._by_ident.pop(get_ident(), None)

    # --- edges

    def out(self, thing: object) -> None:
        """What the running thread did so far happens before what those do who get ``thing`` after this."""
        me = self.me()
        known = self._edge(thing)
        merge(known, me.clock)
        known[me.number] = me.now
        me.now += 1

    def into(self, thing: object) -> None:
        """Here it is gotten."""
        entry = self._edges.get(id(thing))
        if entry is not None and _is(entry[0], thing):
            merge(self.me().clock, entry[1])

    def _edge(self, thing: object) -> Clock:
        entry = self._edges.get(id(thing))
        if entry is not None and _is(entry[0], thing):
            return entry[1]
        clock: Clock = {}
        key = id(thing)
        try:
            holder: Any = weakref.ref(thing, lambda _: self._edges.pop(key, None))
        except TypeError:
            holder = thing
        self._edges[key] = (holder, clock)
        return clock

    # --- locks

    def took(self, lock: object) -> Held:
        """The running thread has taken a lock."""
        held = self.me().held
        found = held.get(id(lock))
        if found is not None:
            found.count += 1
            return found
        self._takings += 1
        found = held[id(lock)] = Held(lock, self._takings, place())
        return found

    def gave(self, lock: object) -> None:
        """It is about to release it. Where another thread has taken it, that one is meant."""
        for thread in (self.me(), *self.all()):
            found = thread.held.get(id(lock))
            if found is not None:
                found.count -= 1
                if found.count == 0:
                    del thread.held[id(lock)]
                return


def merge(into: Clock, other: Clock) -> None:
    """Know all that the other knows."""
    for number, time in list(other.items()):
        if into.get(number, 0) < time:
            into[number] = time


def _is(holder: Any, thing: object) -> bool:
    return (holder() if isinstance(holder, weakref.ref) else holder) is thing


def _name(ident: int) -> str:
    threading = sys.modules.get("threading")
    if threading is not None:
        found = threading._active.get(ident)
        if found is not None:
            return str(found._name)
    return "MainThread" if ident == main_ident else f"thread {ident}"


main_ident = get_ident()


def caller(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the program's own, from this one on."""
    while frame is not None and frame.f_code.co_filename not in program:
        frame = frame.f_back
    return frame


def place() -> tuple[str, int, str] | None:
    """Where in the program the running thread is: path, line, function."""
    frame = caller(sys._getframe(1))
    return None if frame is None else entry(frame)


def stack() -> list[tuple[str, int, str]]:
    """The program's frames of the running thread, innermost first."""
    frame = caller(sys._getframe(1))
    found: list[tuple[str, int, str]] = []
    while frame is not None and len(found) < _DEEPEST:
        if frame.f_code.co_filename in program:
            found.append(entry(frame))
        frame = frame.f_back
    return found


def entry(frame: FrameType) -> tuple[str, int, str]:
    """Path, line and function."""
    code: Any = frame.f_code
    return code.co_filename, frame.f_lineno or 0, code.co_qualname

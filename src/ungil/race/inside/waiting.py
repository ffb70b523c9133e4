"""Who waits for what, who holds what, and when nobody can go on.

What is known of a thread is exact: it counts as waiting only from the moment it will surely wait to the moment it is
sure to go on (its lock is about to be released, its condition notified), and who causes that tells so before it does.
So the last thread to go to wait, or to end, finds at once that nothing will happen any more.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque

from ungil.race.inside import describing, futures
from ungil.race.inside.primitives import (
    RLOCK,
    Beside,
    RawLock,
    after_thread,
    get_ident,
    mutexes,
    owners,
    signals,
)

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType
    from typing import Any

_LOOKS, _BETWEEN_LOOKS_S = 3, 0.002
"""Threads that cannot go on are looked at that often, and have to be the same ones in the same waits every time."""
_sleep = time.sleep
_list_folder = os.listdir
_monotonic = time.monotonic


class Record:
    """A thread waits. Kinds: those of ``Watcher.waits``, ``lock``, and ``asleep``: in a ``Condition.wait``, which may
    be part of another primitive.
    """

    __slots__ = ("frame", "kind", "since_s", "thing", "timeout", "woken")

    def __init__(self, kind: str, thing: Any, timeout: float | None, frame: FrameType) -> None:
        self.kind = kind
        self.thing = thing
        self.timeout = timeout
        self.frame = frame
        """One that goes on for as long as the wait does: it, and those around it, can be looked at safely."""
        self.since_s = _monotonic()
        self.woken = False


class State:
    """A thread."""

    __slots__ = ("daemon", "ended", "ident", "name", "service", "thread", "waits")

    def __init__(self, thread: Any, ident: int) -> None:
        self.thread = thread
        self.ident = ident
        self.name = str(getattr(thread, "name", None) or f"thread {ident}")
        self.daemon = bool(getattr(thread, "daemon", False))
        self.service = _serves(thread)
        """A library's own: it never wakes a thread of the program."""
        self.ended = False
        self.waits: list[Record] = []
        """The last one is what it waits for; it is inside of the others."""


class Waits:
    """The threads of this process. Made before ``sync.install``, which is given it, and tells it all there is to know.

    ``found`` is called, once for each, with ``{"event": "deadlock" | "hang", "cycle": …, "threads": …}``, both lists as
    ``describe`` makes them: by the thread that was the last to be able to go on, before it waits too.
    """

    def __init__(self, found: Callable[[dict[str, Any]], object] | None = None) -> None:
        self._found = found
        self._states: dict[int, State] = {}
        self._ended: set[int] = set()
        self._asleep: dict[int, list[Record]] = {}
        self._tokens = Beside()
        """For a ``SimpleQueue``, one for each item that is in it or in the hands of a thread just woken."""
        self._told: list[set[int]] = []
        self._patience = 25
        self._telling = RawLock()
        self.starting: dict[int, object] = {}
        """Threads that go on, or soon will, but have not begun, by ``id``."""
        self.ignored: set[int] = set()
        """Threads of the tool itself, by ident."""
        threading = sys.modules.get("threading")
        main = State(None if threading is None else threading.main_thread(), get_ident())
        main.name = "MainThread" if threading is None else main.name
        self._main = main
        self._states[main.ident] = main

    # --- what is asked

    def waiting(self) -> dict[int, tuple[str, Any, float | None]]:
        """Threads that wait now: ident -> kind, thing, time-out."""
        found = {}
        for state in list(self._states.values()):
            record = _shown(list(state.waits))
            if record is not None:
                found[state.ident] = (record.kind, record.thing, record.timeout)
        return found

    def describe(self) -> list[dict[str, Any]]:
        """Every thread, as JSON has it: ``name``, ``ident``, ``daemon``; ``waits``: None, or ``kind``, ``thing``,
        ``timeout_s``, ``since_s``, ``held_by`` (None, or ``thread``, whether it has ``ended``, and ``path``, ``line``,
        ``function`` where it took it); ``holds``: each ``lock``, ``path``, ``line``, ``function``; ``stack``: innermost
        first, each path, line, function.
        """
        with self._telling:
            return self._describe(self._dead())

    def _describe(self, dead: Iterable[State]) -> list[dict[str, Any]]:
        states = list(self._states.values())
        waits = {state.ident: _shown(list(state.waits)) for state in states}
        frames = {state.ident: record.frame for state in dead if (record := _last(state)) is not None}
        return describing.threads(states, waits, frames)

    # --- what sync tells

    def waits(self, kind: str, thing: Any, timeout: float | None) -> None:
        # The frame of who called `sync`: between it and this one there is one more.
        self._state().waits.append(Record(kind, thing, timeout, sys._getframe(2)))
        if timeout is None and (kind in ("join", "shutdown") or (kind == "queue-get" and not hasattr(thing, "mutex"))):
            self._check()

    def woke(self, kind: str, thing: Any) -> None:
        waits = self._state().waits
        for index in range(len(waits) - 1, -1, -1):
            if waits[index].kind == kind:
                del waits[index]
                return

    def thread_begins(self, thread: Any) -> None:
        ident = get_ident()
        self._ended.discard(ident)
        self._states[ident] = State(thread, ident)
        self.starting.pop(id(thread), None)

    def thread_ends(self, thread: Any) -> None:
        ident = get_ident()
        state = self._states.get(ident)
        if state is not None:
            state.ended = True
            self._ended.add(ident)
            self._states.pop(ident, None)
            after_thread(ident, state)
            self._check()

    def acquires(self, take: Callable[..., bool]) -> Callable[..., bool]:
        """``acquire``, of locks, that is known here."""

        def acquire(lock: Any, blocking: bool = True, timeout: float = -1) -> bool:
            if take(lock, False):
                return True
            if not blocking:
                return False
            state = self._state()
            record = Record("lock", lock, None if timeout < 0 else timeout, sys._getframe(1))
            state.waits.append(record)
            try:
                if timeout < 0:
                    self._check()
                return take(lock, True, timeout)
            finally:
                state.waits.remove(record)  # before it is the owner: it must never seem to wait for itself

        return acquire

    def restores(self, restore: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """``_acquire_restore``."""

        def acquire_restore(lock: Any, saved: Any) -> None:
            state = self._state()
            record = Record("lock", lock, None, sys._getframe(1))
            state.waits.append(record)
            try:
                if id(lock) in owners:
                    self._check()
                restore(lock, saved)
            finally:
                state.waits.remove(record)

        return acquire_restore

    def sleeps(self, condition: Any, timeout: float | None) -> tuple[State, Record]:
        """The running thread, which holds the lock of ``condition``, is about to wait to be notified."""
        state = self._state()
        record = Record("asleep", condition, timeout, sys._getframe(2))
        self._asleep.setdefault(id(condition), []).append(record)
        state.waits.append(record)
        if timeout is None:
            self._check()
        return state, record

    def wakes(self, asleep: tuple[State, Record]) -> None:
        """It has the lock again."""
        state, record = asleep
        state.waits.remove(record)
        key = id(record.thing)
        others = self._asleep.get(key)
        if others is not None:
            others.remove(record)
            if not others:
                self._asleep.pop(key, None)

    def notified(self, condition: Any, count: int) -> None:
        """The running thread, which holds the lock of ``condition``, is about to notify: first come, first woken."""
        for record in self._asleep.get(id(condition), ()):
            if count <= 0:
                return
            if not record.woken:
                record.woken = True
                count -= 1

    def puts(self, queue: Any) -> None:
        """The running thread is about to put something into a ``SimpleQueue``."""
        self._tokens_of(queue).append(None)

    def got(self, queue: Any) -> None:
        """It has got something from it, and waits no longer."""
        try:
            self._tokens_of(queue).pop()
        except IndexError:
            return  # it was put there before it was watched

    def after_fork(self) -> None:
        me = get_ident()
        self._main = self._state()
        for ident in list(self._states):
            if ident != me:
                del self._states[ident]
        self._ended.clear()
        self._asleep.clear()
        self._telling = RawLock()

    def _tokens_of(self, queue: Any) -> deque[None]:
        tokens: deque[None] | None = self._tokens.get(queue)
        if tokens is None:
            tokens = self._tokens.setdefault(queue, deque([None] * queue.qsize()))
        return tokens

    def _state(self) -> State:
        """The running thread's."""
        ident = get_ident()
        state = self._states.get(ident)
        if state is None:
            threading = sys.modules.get("threading")
            state = State(None if threading is None else threading._active.get(ident), ident)
            if ident not in self._ended:
                self._states[ident] = state
        return state

    # --- who can go on

    def _check(self) -> None:
        """Whether there are threads that never will; then tell."""
        dead = self._dead()
        if not dead or self._found is None:
            return
        # One look takes its time: while it is at one thread, another may go on. None of them did between two looks that
        # show each in the very same wait.
        looks = 1
        while looks < _LOOKS:
            _sleep(_BETWEEN_LOOKS_S)
            again = self._dead()
            if not again:
                return
            looks = looks + 1 if again == dead else 1
            dead = again
        cycle = self._cycle(dead)
        idents = {state.ident for state in cycle or dead}
        if not cycle and self._may_be_signalled(dead):
            return
        with self._telling:
            if any(not told.isdisjoint(idents) for told in self._told):
                return
            self._told.append(idents)
            threads = self._describe(dead)
        names = {thread["ident"]: thread for thread in threads}
        self._found(
            {
                "event": "deadlock" if cycle else "hang",
                "cycle": [names[state.ident] for state in cycle if state.ident in names],
                "threads": threads,
            }
        )

    def _dead(self) -> dict[State, Record]:
        """Threads that can never go on, and what they are in."""
        states = list(self._states.values())
        dead: dict[State, Record] = {}
        for state in states:
            record = self._blocked(state)
            if record is not None:
                dead[state] = record
        anyone: bool | None = None
        changed = True
        while changed and dead:
            changed = False
            for state in list(dead):
                wakers = self._wakers(state, dead)
                if wakers is None:
                    if anyone is None:
                        anyone = self._anyone(states, dead)
                    if not anyone:
                        continue
                elif all(each in dead or each.ended for each in wakers):
                    continue
                del dead[state]
                changed = True
                if not state.service:
                    anyone = True
        if all(state.daemon or state.service for state in dead) and not self._cycle(dead):
            return {}
        return dead

    def _blocked(self, state: State) -> Record | None:
        """What it is in, without a time-out, and not yet sure to be over."""
        record = _last(state)
        if record is None or record.timeout is not None or record.woken:
            return None
        thing = record.thing
        if record.kind == "lock":
            owner = self._owner(thing)
            if owner is None:
                return None
            sleeping = _last(owner)
            if sleeping is not None and sleeping.kind == "asleep" and getattr(sleeping.thing, "_lock", None) is thing:
                return None  # it is about to let go of it
            return record
        if record.kind == "asleep":
            return record
        if record.kind == "shutdown":
            others = any(not each.daemon and each is not state for each in list(self._states.values()))
            return record if others else None
        if record.kind == "join":
            target = self._of(thing)
            last = None if target is None else _last(target)
            # The main thread counts as ended when it begins to wait for the others.
            return None if target is None or (last is not None and last.kind == "shutdown") else record
        if record.kind == "queue-get" and not hasattr(thing, "mutex"):
            return None if self._tokens_of(thing) else record
        return None  # on its way into one of these, or out of it

    def _wakers(self, state: State, dead: Iterable[State]) -> list[State] | None:
        """Those of whom one can wake it; None: anybody might."""
        record = _last(state)
        if record is None:
            return None
        if record.kind == "lock":
            owner = self._owner(record.thing)
            if owner is None or type(record.thing) is RLOCK:
                return None if owner is None else [owner]
            # Any thread may release a lock that is not an RLock; but who uses it as a mutex leaves that to who took it.
            if owner not in dead and not owner.ended:
                return [owner]
            if owner is state or owner.ended or record.thing in signals:
                return None
            if record.thing in mutexes or describing.is_with(*owners.get(id(record.thing), (None, None, None, 0))[2:]):
                return [owner]
            return None
        if record.kind == "join":
            target = self._of(record.thing)
            return [] if target is None else [target]
        if record.kind == "shutdown":
            # It waits for all of them: one is enough that never ends.
            others = [each for each in self._states.values() if not each.daemon and each is not state]
            return [each for each in others if each in dead][:1] or others
        outer = state.waits[-2:-1]
        if record.kind == "asleep" and outer and outer[0].kind == "future":
            return self._workers(outer[0].thing)
        return None

    def _workers(self, thing: Any) -> list[State] | None:
        """Who may complete a future: the thread that carries it out or, before that, the threads of its pool."""
        found: list[State] = []
        for future in thing if isinstance(thing, tuple) else (thing,):
            ident = futures.workers.get(id(future))
            pool = futures.pools.get(future)
            pool = None if pool is None else pool()
            if ident is not None:
                idents = [ident]
            elif pool is not None and len(pool._threads) >= pool._max_workers:
                idents = [thread.ident for thread in list(pool._threads)]
            else:
                return None
            for each in idents:
                state = self._states.get(each)
                if state is None:
                    return None
                found.append(state)
        return found

    def _owner(self, lock: Any) -> State | None:
        """Who holds a lock, as far as that is known."""
        owner = owners.get(id(lock))
        if owner is None:
            return None
        return owner[1] if isinstance(owner[1], State) else self._states.get(owner[1])

    def _of(self, thread: Any) -> State | None:
        for state in list(self._states.values()):
            if state.thread is thread and not state.ended:
                return state
        return None

    def _anyone(self, states: list[State], dead: Iterable[State]) -> bool:
        """Whether somebody goes on who might wake anybody."""
        if self.starting:
            return True
        for state in states:
            if state not in dead and not state.ended and not state.service:
                return True
        return self._strangers()

    def _strangers(self) -> bool:
        """Whether there are threads that Python has not started: one may call back into it."""
        for _ in range(self._patience):
            known = len(self._states) + len(self.ignored) + (get_ident() not in self._states)
            try:
                if len(_list_folder("/proc/self/task")) <= known:
                    return False
            except OSError:
                return False  # not known on this system
            _sleep(_BETWEEN_LOOKS_S)  # threads that have ended take a moment to be gone
        self._patience = _LOOKS
        return True

    def _cycle(self, dead: Iterable[State]) -> list[State]:
        """Threads of whom each waits for the next and the last for the first; none where they wait for just anybody."""
        for start in dead:
            path = [start]
            while True:
                following = self._next(path[-1], dead, start)
                if following is None:
                    break
                if following in path:
                    return path[path.index(following) :]
                path.append(following)
        return []

    def _next(self, state: State, dead: Iterable[State], start: State) -> State | None:
        record = _last(state)
        if record is None or record.kind == "shutdown":
            return None
        if record.kind == "lock":
            owner = self._owner(record.thing)
            return owner if owner is not None and owner in dead else None
        wakers = [each for each in self._wakers(state, dead) or () if each in dead]
        return start if start in wakers else wakers[0] if wakers else None

    def _may_be_signalled(self, dead: Iterable[State]) -> bool:
        """The main thread is among them, and the program handles a signal, which may come at any time."""
        signal = sys.modules.get("signal")
        if signal is None or self._main not in dead:
            return False
        return any(
            number != signal.SIGINT
            and callable(signal.getsignal(number))
            and not _is_constant(signal.getsignal(number))
            for number in signal.valid_signals()
        )


def _is_constant(handler: Any) -> bool:
    """``SIG_DFL`` and ``SIG_IGN`` are integers, which can be called as little as they should be."""
    return isinstance(handler, int)


def _last(state: State) -> Record | None:
    """What a thread is in, just now: others may be changing it."""
    for record in state.waits[-1:]:
        return record
    return None


def _shown(waits: list[Record]) -> Record | None:
    """What to say a thread waits for: of a condition inside of a primitive, that primitive."""
    if not waits:
        return None
    last = waits[-1]
    return waits[-2] if last.kind == "asleep" and len(waits) > 1 else last


def _serves(thread: Any) -> bool:
    target = getattr(getattr(thread, "_target", None), "__qualname__", None)
    return target == "Pool._handle_workers"

"""Who waits for what, who holds what, and when nobody can go on.

What is known of a thread is exact: it counts as waiting only from the moment it will surely wait to the moment it is
sure to go on (its lock is about to be released, its condition notified), and who causes that tells of it before it does.
So the last thread to go to wait, or to end, finds at once that nothing will happen any more.
"""

from __future__ import annotations

import sys
import time
from collections import deque

from ungil.race.inside import describing, futures
from ungil.race.inside.primitives import OURS, RLOCK, Beside, RawLock, caller, get_ident, signals

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType
    from typing import Any

_LOOKS, _BETWEEN_LOOKS_S = 3, 0.002
"""Threads that cannot go on are looked at that often: each has to be in the very same wait every time."""
_sleep = time.sleep
_monotonic = time.monotonic


class Hold:
    """A lock, held."""

    __slots__ = ("code", "count", "lasti", "lock", "state")

    def __init__(self, lock: Any, state: State, code: CodeType | None, lasti: int) -> None:
        self.lock = lock
        self.state = state
        self.code = code
        self.lasti = lasti
        self.count = 1


class Record:
    """A thread waits. Kinds: those of ``Watcher.waits``, ``lock``, and ``asleep``: in a ``Condition.wait``, which may be
    part of another primitive.
    """

    __slots__ = ("kind", "since_s", "thing", "timeout", "woken")

    def __init__(self, kind: str, thing: Any, timeout: float | None) -> None:
        self.kind = kind
        self.thing = thing
        self.timeout = timeout
        self.since_s = _monotonic()
        self.woken = False


class State:
    """A thread."""

    __slots__ = ("daemon", "ended", "foreign", "holds", "ident", "name", "service", "thread", "waits")

    def __init__(self, thread: Any, ident: int) -> None:
        self.thread = thread
        self.ident = ident
        self.name = str(getattr(thread, "name", None) or f"thread {ident}")
        self.daemon = bool(getattr(thread, "daemon", False))
        self.service = _serves(thread)
        """A library's own: it never wakes a thread of the program."""
        self.foreign = False
        """Not seen beginning, and not to be seen ending."""
        self.ended = False
        self.holds: dict[int, Hold] = {}
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
        self._owners: dict[int, Hold] = {}
        self._asleep: dict[int, list[Record]] = {}
        self._mutexes = Beside()
        """Locks once released by who took them."""
        self._tokens = Beside()
        """For a ``SimpleQueue``, one for each item that is in it or in the hands of a thread just woken."""
        self._told: list[set[int]] = []
        self._telling = RawLock()
        self.starting: dict[int, object] = {}
        """Threads that go on, or soon will, but have not begun, by ``id``."""
        self.ignored: set[int] = set()
        """Threads of the tool itself, by ident."""
        main = _main_thread()
        ident = get_ident()
        self._states[ident] = State(main, ident)
        if main is None:
            self._states[ident].name = "MainThread"

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
        return describing.threads(list(self._states.values()), self._owners, _shown)

    # --- what sync tells

    def waits(self, kind: str, thing: Any, timeout: float | None) -> None:
        self._state().waits.append(Record(kind, thing, timeout))
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
            self._check()

    def acquires(self, take: Callable[..., bool]) -> Callable[..., bool]:
        """``acquire``, of locks, that is known here."""
        states, owners = self._states, self._owners

        def acquire(lock: Any, blocking: bool = True, timeout: float = -1) -> bool:
            state = states.get(get_ident()) or self._state()
            if not take(lock, False):
                if not blocking:
                    return False
                record = Record("lock", lock, None if timeout < 0 else timeout)
                state.waits.append(record)
                try:
                    if timeout < 0:
                        self._check()
                    if not take(lock, True, timeout):
                        return False
                finally:
                    state.waits.remove(record)  # before it is the owner: it must never seem to wait for itself
            key = id(lock)
            hold = state.holds.get(key)
            if hold is not None and type(lock) is RLOCK:
                hold.count += 1
                return True
            depth = 2
            while caller(depth) in OURS:
                depth += 1
            frame = sys._getframe(depth - 1) if caller(depth) is None else sys._getframe(depth)
            owners[key] = state.holds[key] = Hold(lock, state, frame.f_code, frame.f_lasti)
            return True

        return acquire

    def releases(self, give: Callable[[Any], None]) -> Callable[[Any], None]:
        """``release``, of locks."""
        owners, mutexes = self._owners, self._mutexes

        def release(lock: Any) -> None:
            key = id(lock)
            hold = owners.get(key)
            if hold is None:
                give(lock)
                return
            if hold.count > 1:
                give(lock)
                hold.count -= 1
                return
            owners.pop(key, None)
            hold.state.holds.pop(key, None)
            if lock not in mutexes and hold.state.ident == get_ident():
                mutexes.set(lock, True)
            try:
                give(lock)
            except BaseException:
                owners[key] = hold.state.holds[key] = hold
                raise

        return release

    def saves(self, save: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """``_release_save``."""

        def release_save(lock: Any) -> Any:
            key = id(lock)
            hold = self._owners.pop(key, None)
            if hold is not None:
                hold.state.holds.pop(key, None)
            try:
                return save(lock), hold
            except BaseException:
                if hold is not None:
                    self._owners[key] = hold.state.holds[key] = hold
                raise

        return release_save

    def restores(self, restore: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """``_acquire_restore``."""

        def acquire_restore(lock: Any, saved: Any) -> None:
            inner, hold = saved
            state = self._state()
            record = Record("lock", lock, None)
            state.waits.append(record)
            try:
                if id(lock) in self._owners:
                    self._check()
                restore(lock, inner)
            finally:
                state.waits.remove(record)
            if hold is not None:
                self._owners[id(lock)] = state.holds[id(lock)] = hold

        return acquire_restore

    def sleeps(self, condition: Any, timeout: float | None) -> tuple[State, Record]:
        """The running thread, which holds the lock of ``condition``, is about to wait to be notified."""
        state = self._state()
        record = Record("asleep", condition, timeout)
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
        tokens = self._tokens_of(queue)
        if tokens:  # else it was put there before it was watched
            tokens.pop()

    def after_fork(self) -> None:
        me = get_ident()
        for ident in list(self._states):
            if ident != me:
                del self._states[ident]
        for key, hold in list(self._owners.items()):
            if hold.state.ident != me:
                del self._owners[key]
        self._ended.clear()
        self._asleep.clear()
        self._telling = RawLock()

    def _tokens_of(self, queue: Any) -> deque[None]:
        tokens: deque[None] | None = self._tokens.get(queue)
        if tokens is None:
            tokens = self._tokens.set(queue, deque([None] * queue.qsize()))
        return tokens

    def _state(self) -> State:
        """The running thread's."""
        ident = get_ident()
        state = self._states.get(ident)
        if state is None:
            threading = sys.modules.get("threading")
            state = State(None if threading is None else threading._active.get(ident), ident)
            state.foreign = True
            if ident not in self._ended:
                self._states[ident] = state
        return state

    # --- who can go on

    def _check(self) -> None:
        """Whether there are threads that never will; then tell."""
        dead = self._dead()
        if not dead or self._found is None:
            return
        for _ in range(_LOOKS - 1):
            _sleep(_BETWEEN_LOOKS_S)
            again = self._dead()
            dead = {state: record for state, record in dead.items() if again.get(state) is record}
        if not dead:
            return
        cycle = self._cycle(dead)
        idents = {state.ident for state in cycle or dead}
        if not cycle and self._may_be_signalled(dead):
            return
        with self._telling:
            if any(not told.isdisjoint(idents) for told in self._told):
                return
            self._told.append(idents)
        threads = self.describe()
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
        waits = state.waits
        record = waits[-1] if waits else None
        if record is None or record.timeout is not None or record.woken:
            return None
        thing = record.thing
        if record.kind == "lock":
            hold = self._owners.get(id(thing))
            if hold is None:
                return None
            sleeping = hold.state.waits[-1:]
            if sleeping and sleeping[0].kind == "asleep" and getattr(sleeping[0].thing, "_lock", None) is thing:
                return None  # it is about to let go of it
            return record
        if record.kind == "asleep":
            return record
        if record.kind == "shutdown":
            others = any(not each.daemon and each is not state for each in list(self._states.values()))
            return record if others else None
        if record.kind == "join":
            return record if self._of(thing) is not None else None
        if record.kind == "queue-get" and not hasattr(thing, "mutex"):
            return None if self._tokens_of(thing) else record
        return None  # on its way into one of these, or out of it

    def _wakers(self, state: State, dead: Iterable[State]) -> list[State] | None:
        """Those of whom one can wake it; None: anybody might."""
        record = state.waits[-1] if state.waits else None
        if record is None:
            return None
        if record.kind == "lock":
            hold = self._owners.get(id(record.thing))
            if hold is None:
                return None
            if type(record.thing) is RLOCK:
                return [hold.state]
            if hold.state is state or hold.state.ended or record.thing in signals:
                return None
            if record.thing in self._mutexes or describing.is_with(hold.code, hold.lasti):
                return [hold.state]
            return None
        if record.kind == "join":
            target = self._of(record.thing)
            return [] if target is None else [target]
        if record.kind == "shutdown":
            # It waits for all of them: one is enough that never ends.
            others = [each for each in self._states.values() if not each.daemon and each is not state]
            return [each for each in others if each in dead][:1] or others
        if record.kind == "asleep" and len(state.waits) > 1 and state.waits[-2].kind == "future":
            return self._workers(state.waits[-2].thing)
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

    def _of(self, thread: Any) -> State | None:
        for state in list(self._states.values()):
            if state.thread is thread and not state.ended:
                return state
        return None

    def _anyone(self, states: list[State], dead: Iterable[State]) -> bool:
        """Whether somebody goes on who might wake anybody."""
        if self.starting:
            return True
        frames = sys._current_frames()
        for state in states:
            if state not in dead and not state.ended and not state.service:
                if state.foreign and state.ident not in frames:
                    self._states.pop(state.ident, None)
                    continue
                return True
        known = {state.ident for state in states} | self._ended | self.ignored
        return any(ident not in known for ident in frames)

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
        record = state.waits[-1] if state.waits else None
        if record is None or record.kind == "shutdown":
            return None
        if record.kind == "lock":
            hold = self._owners.get(id(record.thing))
            return hold.state if hold is not None and hold.state in dead else None
        wakers = [each for each in self._wakers(state, dead) or () if each in dead]
        return start if start in wakers else wakers[0] if wakers else None

    def _may_be_signalled(self, dead: Iterable[State]) -> bool:
        """The main thread is among them, and the program handles a signal, which may come at any time."""
        signal = sys.modules.get("signal")
        main = _main_thread()
        if signal is None or main is None or not any(state.thread is main for state in dead):
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


def _shown(waits: list[Record]) -> Record | None:
    """What to say a thread waits for: of a condition inside of a primitive, that primitive."""
    if not waits:
        return None
    last = waits[-1]
    return waits[-2] if last.kind == "asleep" and len(waits) > 1 else last


def _main_thread() -> Any:
    threading = sys.modules.get("threading")
    return None if threading is None else threading.main_thread()


def _serves(thread: Any) -> bool:
    target = getattr(getattr(thread, "_target", None), "__qualname__", None)
    return target == "Pool._handle_workers"

"""The baton (model ``serial``): of the program and the processes it made by hand, only its holder runs.

It is handed on where the holder blocks in something of multiprocessing's, first come first served, so that one order of
events is repeated. A holder that blocks in something else (a socket, a lock of its own) loses it after a second, or
those who could wake it would wait for ever.
"""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ungil.substitute import _guard, _worker

T = TypeVar("T")

_PATIENCE_S = 0.5


class Turn:
    """A place in the queue, and once it has come, the baton."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread_id: int | None = None  # the kernel's
        self.seen: object = None


class _Local(threading.local):
    turn: Turn | None = None
    is_away = False


_local = _Local()
_mutex = threading.Lock()
_queue: collections.deque[Turn] = collections.deque()
_holder: Turn | None = None
_needed = False


def need() -> None:
    """The program made something that one part of it may wait at for another."""
    global _needed
    _needed = True


def may_be_needed() -> bool:
    """Whether a task may have to wait for what its caller does next."""
    return _needed


def takes_part() -> bool:
    """Whether the running thread is one of those that run one at a time."""
    return _local.turn is not None


def take_first() -> None:
    """Have the program's own thread take part; called before it starts its first process."""
    global _holder
    with _mutex:
        if _holder is None and _local.turn is None:
            _holder = _local.turn = Turn()
            _holder.thread_id = threading.get_native_id()


def ticket() -> Turn:
    """A place in the queue, for a thread that is about to start; the thread calls ``take`` with it."""
    global _holder
    turn = Turn()
    with _mutex:
        if _holder is None:
            _holder = turn
        else:
            turn.lock.acquire()
            _queue.append(turn)
    return turn


def take(turn: Turn) -> None:
    """Wait for one's turn."""
    turn.thread_id = threading.get_native_id()
    try:
        while not turn.lock.acquire(timeout=_PATIENCE_S):
            _pass_sleeper()
    except BaseException:  # Ctrl-C in the main thread: give the place, or the baton, back
        with _mutex:
            if turn in _queue:
                _queue.remove(turn)
        _hand_on(turn)
        raise
    _local.turn = turn
    worker = _worker.current()
    if worker is not None:
        _guard.swap_in(worker)


def give() -> None:
    """Hand it on."""
    turn = _local.turn
    if turn is not None and turn is _holder:
        worker = _worker.current()
        if worker is not None:
            _guard.swap_out(worker)
        _hand_on(turn)


def rest() -> None:
    """Let those who wait for it go first."""
    if _local.turn is not None and _queue and not _local.is_away:
        give()
        take(ticket())


def without(call: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """``call(*args, **kwargs)``, which may block, while others run."""
    if _local.turn is None or _local.is_away:
        return call(*args, **kwargs)
    give()
    _local.is_away = True
    try:
        return call(*args, **kwargs)
    finally:
        _local.is_away = False
        take(ticket())


def _hand_on(turn: Turn) -> None:
    global _holder
    with _mutex:
        if _holder is turn:
            _holder = _queue.popleft() if _queue else None
            if _holder is not None:
                _holder.lock.release()


def _pass_sleeper() -> None:
    """Take the baton from a holder that has slept since it was last looked at; it goes on when it wakes."""
    holder = _holder
    if holder is None or holder.thread_id is None:
        return
    try:
        with open(f"/proc/self/task/{holder.thread_id}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return
    state, times = fields[0], fields[11:13]
    if state == b"S" and holder.seen == times:
        _hand_on(holder)
    holder.seen = times if state == b"S" else None

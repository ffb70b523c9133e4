"""The baton (model ``serial``): of the program and the processes it made by hand, only its holder runs.

It is handed on where the holder blocks, first come first served, so that one order of events is repeated.
"""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ungil.substitute import _guard, _worker

T = TypeVar("T")


class _Local(threading.local):
    holds = False


_local = _Local()
_mutex = threading.Lock()
_queue: collections.deque[threading.Lock] = collections.deque()
_held = False
_needed = False


def need() -> None:
    """The program made something that one part of it may wait at for another."""
    global _needed
    _needed = True


def may_be_needed() -> bool:
    """Whether a task may have to wait for what its caller does next."""
    return _needed


def holds() -> bool:
    """Whether the running thread holds it."""
    return _local.holds


def take_first() -> None:
    """Have the program's own thread take part; called before it starts its first process."""
    global _held
    with _mutex:
        if _held or _local.holds:
            return
        _held = _local.holds = True


def ticket() -> threading.Lock:
    """A place in the queue, for a thread that is about to start; the thread calls ``take(ticket)``."""
    global _held
    turn = threading.Lock()
    with _mutex:
        if _held:
            turn.acquire()
            _queue.append(turn)
        else:
            _held = True
    return turn


def take(turn: threading.Lock) -> None:
    """Wait for one's turn."""
    try:
        turn.acquire()
    except BaseException:  # Ctrl-C in the main thread: give the place, or the baton, back
        with _mutex:
            if turn in _queue:
                _queue.remove(turn)
                raise
        _hand_on()
        raise
    _local.holds = True
    worker = _worker.current()
    if worker is not None:
        _guard.swap_in(worker)


def give() -> None:
    """Hand it on for good."""
    worker = _worker.current()
    if worker is not None:
        _guard.swap_out(worker)
    _local.holds = False
    _hand_on()


def rest() -> None:
    """Let those who wait for it go first."""
    if _local.holds and _queue:
        turn = None
        give()
        turn = ticket()
        take(turn)


def without(call: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """``call(*args, **kwargs)``, which may block, while others run."""
    if not _local.holds:
        return call(*args, **kwargs)
    give()
    try:
        return call(*args, **kwargs)
    finally:
        take(ticket())


def _hand_on() -> None:
    global _held
    with _mutex:
        if _queue:
            _queue.popleft().release()
        else:
            _held = False

"""``multiprocessing``'s locks, pipes and queues where all workers share this process.

Its locks are semaphores of the system and work between threads as they are; they need no resource tracker here, and
under ``serial`` whoever waits hands the baton on.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from ungil.substitute import _baton, _notice, _worker

_WAITING = ("recv", "recv_bytes", "recv_bytes_into", "send", "send_bytes")


def bind_context(context: Any) -> None:
    """Have every context make queues of this process."""
    base = context.BaseContext
    for name in ("Queue", "JoinableQueue", "SimpleQueue"):
        setattr(base, name, _make_queue(name, getattr(base, name)))
    for name in ("Event", "Condition", "Barrier", "Semaphore", "BoundedSemaphore", "Pipe"):
        setattr(base, name, _needs_baton(getattr(base, name)))


def bind_locks(synchronize: Any) -> None:
    """No tracker process: a semaphore that no other process is going to open needs no name."""
    real = synchronize.SemLock.__init__

    @functools.wraps(real)
    def __init__(self: Any, kind: Any, value: Any, maxvalue: Any, *, ctx: Any) -> None:  # noqa: N807
        real(self, kind, value, maxvalue, ctx=synchronize.context._concrete_contexts["fork"])

    synchronize.SemLock.__init__ = __init__


def bind_locks_serial(synchronize: Any) -> None:
    """Waiting for a lock hands the baton on."""

    def _make_methods(self: Any) -> None:
        self.acquire = functools.partial(_acquire, self._semlock.acquire)
        self.release = self._semlock.release

    def __enter__(self: Any) -> Any:  # noqa: N807
        return self.acquire()

    synchronize.SemLock._make_methods = _make_methods
    synchronize.SemLock.__enter__ = __enter__


def bind_pipes_serial(connection: Any) -> None:
    """Waiting at a pipe hands the baton on."""
    base = connection._ConnectionBase
    for name in _WAITING:
        setattr(base, name, _waiting(getattr(base, name)))
    base.poll = _polling(base.poll)
    connection.wait = _waiting(connection.wait)
    connection.Listener.accept = _waiting(connection.Listener.accept)


def _acquire(acquire: Callable[..., bool], block: bool = True, timeout: float | None = None) -> bool:
    if acquire(False):
        return True
    if not block:
        _baton.rest()
        return False
    worker = _worker.current()
    if timeout is None and worker is not None and worker.inline and threading.active_count() == 1:
        raise RuntimeError("deadlock: the only task that runs waits for a lock that nobody is left to release")
    return _baton.without(acquire, True, timeout)


def _make_queue(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def make(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _notice.made_by_library():
            return real(self, *args, **kwargs)
        from ungil.substitute import _queue

        _baton.need()
        return getattr(_queue, name)(*args, **kwargs)

    return make


def _needs_baton(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def make(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not _notice.made_by_library():
            _baton.need()
        return real(self, *args, **kwargs)

    return make


def _waiting(real: Callable[..., Any]) -> Callable[..., Any]:
    if hasattr(real, "_ungil_real"):
        return real

    @functools.wraps(real)
    def call(*args: Any, **kwargs: Any) -> Any:
        return _baton.without(real, *args, **kwargs)

    call._ungil_real = real  # type: ignore[attr-defined]  # marks it as ours
    return call


def _polling(real: Callable[..., bool]) -> Callable[..., bool]:
    @functools.wraps(real)
    def poll(self: Any, timeout: float | None = 0.0) -> bool:
        if timeout is not None and timeout <= 0:
            _baton.rest()
            return real(self, timeout)
        return _baton.without(real, self, timeout)

    return poll

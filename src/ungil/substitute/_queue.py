"""``multiprocessing``'s queues within one process: what is put is what is got, not a copy."""

from __future__ import annotations

import multiprocessing.queues
import queue
from typing import Any

from ungil.substitute import _baton, _worker


class Queue(multiprocessing.queues.Queue):  # type: ignore[type-arg]  # what the program passes on
    """Instead of ``multiprocessing.Queue``."""

    def __init__(self, maxsize: int = 0) -> None:  # not the base class's: no pipe, no thread that feeds one
        self._queue: queue.Queue[Any] = queue.Queue(maxsize)
        self._maxsize = maxsize
        self._closed_by: set[_worker.Worker | None] = set()

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        self._check()
        if block and _baton.takes_part() and self._queue.full():
            _baton.without(self._queue.put, obj, True, _positive(timeout))
        else:
            self._queue.put(obj, block, _positive(timeout))

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        self._check()
        if not _baton.takes_part():
            return self._queue.get(block, _positive(timeout))
        try:
            return self._queue.get(False)
        except queue.Empty:
            if not block:
                _baton.rest()
                raise
        return _baton.without(self._queue.get, True, _positive(timeout))

    def put_nowait(self, obj: Any) -> None:
        self.put(obj, False)

    def get_nowait(self) -> Any:
        return self.get(False)

    def qsize(self) -> int:
        _baton.rest()
        return self._queue.qsize()

    def empty(self) -> bool:
        _baton.rest()
        return self._queue.empty()

    def full(self) -> bool:
        _baton.rest()
        return self._queue.full()

    def close(self) -> None:
        # A process closes its own end: others go on.
        self._closed_by.add(_worker.current())

    def join_thread(self) -> None:
        pass

    def cancel_join_thread(self) -> None:
        pass

    def __repr__(self) -> str:
        return f"<multiprocessing.queues.{type(self).__name__} object at {id(self):#x}>"

    def __getstate__(self) -> Any:
        raise RuntimeError(f"{type(self).__name__} objects should only be shared between processes through inheritance")

    def _check(self) -> None:
        if self._closed_by and _worker.current() in self._closed_by:
            raise ValueError(f"Queue {self!r} is closed")


class JoinableQueue(Queue, multiprocessing.queues.JoinableQueue):  # type: ignore[type-arg]  # generic in typeshed only
    """Instead of ``multiprocessing.JoinableQueue``."""

    def task_done(self) -> None:
        self._queue.task_done()

    def join(self) -> None:
        _baton.without(self._queue.join)


class SimpleQueue(multiprocessing.queues.SimpleQueue):  # type: ignore[type-arg]  # generic in typeshed only
    """Instead of ``multiprocessing.SimpleQueue``."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def put(self, obj: Any) -> None:
        self._queue.put(obj)

    def get(self) -> Any:
        if _baton.takes_part():
            try:
                return self._queue.get(False)
            except queue.Empty:
                return _baton.without(self._queue.get)
        return self._queue.get()

    def empty(self) -> bool:
        _baton.rest()
        return self._queue.empty()

    def close(self) -> None:
        pass

    def __getstate__(self) -> Any:
        raise RuntimeError("SimpleQueue objects should only be shared between processes through inheritance")


def _positive(timeout: float | None) -> float | None:
    """``queue`` refuses a negative timeout, which for multiprocessing has just run out."""
    return timeout if timeout is None else max(0.0, timeout)

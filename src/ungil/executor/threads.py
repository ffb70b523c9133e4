"""The model ``threads``: the standard library's thread pool, broken in the words of the pool it stands for."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures.thread import BrokenThreadPool
from typing import Any

from ungil.executor.stdlib import RealThreadPool


class ThreadPool(RealThreadPool):
    """``ThreadPoolExecutor`` with a choice of what a failed initializer raises."""

    broken_class: type[BrokenExecutor] = BrokenThreadPool
    broken_message = "a worker's initializer failed, the pool is not usable anymore"
    broken_pending_message = broken_message

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._broken:  # its own check, here for the class of the exception
            raise self.broken_class(self.broken_message)
        try:
            return super().submit(fn, *args, **kwargs)
        except BrokenExecutor:
            raise self.broken_class(self.broken_message) from None

    def _initializer_failed(self) -> None:
        # In place of the library's own (the same in 3.10 to 3.15), whose exception class is fixed up to 3.13.
        with self._shutdown_lock:
            self._broken = self.broken_message  # type: ignore[assignment]  # a bool only until it is broken
            while True:
                try:
                    item = self._work_queue.get_nowait()
                except queue.Empty:
                    return
                if item is not None:
                    item.future.set_exception(self.broken_class(self.broken_pending_message))

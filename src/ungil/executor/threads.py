"""The model ``threads``: tasks run in the pool's own threads, and where that is right in the thread that waits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from concurrent.futures.thread import BrokenThreadPool
from typing import Any

from ungil.executor.pool import Pool
from ungil.executor.worker import Worker


class ThreadPool(Pool):
    """Threads that share all there is."""

    broken_class: type[BrokenExecutor] = BrokenThreadPool
    broken_message = "A thread initializer failed, the thread pool is not usable anymore"

    def __init__(
        self,
        max_workers: int,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        helping: bool = True,
        native_threads: int | None = None,
    ) -> None:
        """``helping``: whether a thread that waits for a task may run it; not where the threads are initialized, or
        named, for a reason.
        """
        super().__init__(max_workers, thread_name_prefix, helping and initializer is None and not thread_name_prefix)
        self.start_data = initializer, initargs, native_threads

    def make_worker(self) -> Worker:
        initializer, _, native_threads = self.start_data
        return Worker(self) if initializer is None and native_threads is None else _Prepared(self)


class _Prepared(Worker):
    """A thread that is not as any other."""

    pool: ThreadPool

    def open(self) -> None:
        initializer, initargs, native_threads = self.pool.start_data
        if native_threads is not None:
            from ungil.executor import native

            native.hold(native_threads)
        if initializer is not None:
            initializer(*initargs)

    def close(self) -> None:
        if self.pool.start_data[2] is not None:
            from ungil.executor import native

            native.release()

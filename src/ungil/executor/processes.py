"""The model ``processes``: the standard library's process pool, with our own sending of tasks and results."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from ungil.executor import far
from ungil.executor.sending import SendError, pack
from ungil.executor.stdlib import process_pool_class


class ProcessPool(Executor):
    """``ProcessPoolExecutor`` that names what cannot be sent, and survives every exception class."""

    def __init__(
        self,
        max_workers: int,
        initializer: Callable[..., object] | None,
        initargs: tuple[Any, ...],
        mp_context: Any = None,
    ) -> None:
        # The initializer goes as it is: locks and queues may be handed to a process at its start, and only then.
        self.pool = process_pool_class()(max_workers, mp_context, initializer, initargs)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            task = pack(fn, args, kwargs)
        except SendError as error:
            future: Future[Any] = Future()
            future.set_exception(error)
            return future
        return self.pool.submit(far.run_in_process, task)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.pool.shutdown(wait, cancel_futures=cancel_futures)

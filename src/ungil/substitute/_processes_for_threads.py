"""A process pool that stands for a thread pool: broken in that one's words."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from ungil.executor.processes import ProcessPool


class Pool(ProcessPool):
    """Raises ``broken_class`` where a worker's initializer failed."""

    def __init__(
        self,
        broken_class: type[BrokenExecutor],
        max_workers: int,
        initializer: Callable[..., object] | None,
        initargs: tuple[Any, ...],
    ) -> None:
        super().__init__(max_workers, initializer, initargs)
        # Not a method: the pool's thread keeps what is pending, and is not to keep the pool.
        self._translated = functools.partial(_translate, broken_class if initializer is not None else None)
        pending = _Pending(self._translated)
        pool: Any = self.pool  # these two are private
        pool._pending_work_items = pool._call_queue.pending_work_items = pending

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            return super().submit(fn, *args, **kwargs)
        except BrokenProcessPool as error:
            raise self._translated(error) from None


def _translate(broken_class: type[BrokenExecutor] | None, error: BaseException) -> BaseException:
    if broken_class is None or not isinstance(error, BrokenProcessPool):
        return error
    return broken_class("A thread initializer failed, the thread pool is not usable anymore")


class _Pending(dict[int, Any]):
    """The tasks the pool has not finished. Its thread finds their futures here, and so none that is not ours yet."""

    def __init__(self, translated: Callable[[BaseException], BaseException]) -> None:
        super().__init__()
        self._translated = translated

    def __setitem__(self, number: int, item: Any) -> None:
        item.future.translated = self._translated
        item.future.__class__ = _Future
        super().__setitem__(number, item)


class _Future(Future[Any]):
    translated: Callable[[BaseException], BaseException]

    def set_exception(self, exception: BaseException | None) -> None:
        super().set_exception(exception if exception is None else self.translated(exception))

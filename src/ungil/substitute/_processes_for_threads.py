"""A process pool that stands for a thread pool: broken in that one's words."""

from __future__ import annotations

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
        self._broken_class = broken_class if initializer is not None else None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            future = super().submit(fn, *args, **kwargs)
        except BrokenProcessPool as error:
            raise self._translated(error) from None
        # The pool made it a plain one, and sets its outcome later, from a thread of its own.
        future.__class__ = _Future
        assert isinstance(future, _Future)
        future.translated = self._translated
        return future

    def _translated(self, error: BaseException) -> BaseException:
        if self._broken_class is None or not isinstance(error, BrokenProcessPool):
            return error
        return self._broken_class("A thread initializer failed, the thread pool is not usable anymore")


class _Future(Future[Any]):
    translated: Callable[[BaseException], BaseException]

    def set_exception(self, exception: BaseException | None) -> None:
        super().set_exception(exception if exception is None else self.translated(exception))

"""The model ``serial``: the task runs in the caller, inside ``submit`` or ``map``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures._base import LOGGER
from typing import Any

from ungil.executor import future, mapping
from ungil.executor.pool import Pool
from ungil.executor.worker import Helper, is_interrupt


class SerialPool(Pool):
    """Runs each task at once, in the thread that submits it; one at a time, as a pool of one worker would."""

    broken_message = "the pool's initializer failed, the pool is not usable anymore"
    future_class: type[Future[Any]] = Future

    def __init__(self, initializer: Callable[..., object] | None = None, initargs: tuple[Any, ...] = ()) -> None:
        super().__init__(1, "", helping=False)
        self._initializer, self._initargs = initializer, initargs
        # Re-entrant: a task may submit another one, which then runs inside it.
        self._one_at_a_time = threading.RLock()

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Future[Any]:  # type: ignore[override]  # there is nobody who could help it
        with self._one_at_a_time:
            self.check()
            future = self.future_class()
            future.set_running_or_notify_cancel()
            if not self._initialize():
                future.set_exception(self._broken())
                return future
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:
                if is_interrupt(error):
                    raise
                future.set_exception(error)
            try:
                return future
            finally:
                del future  # the traceback of a failure holds this frame

    def push(self, item: future.Future | mapping.Job, prepare: Callable[[], None] | None = None) -> None:
        with self._one_at_a_time:
            self.check()
            if prepare is not None:
                prepare()
            if self._initialize():
                item.run(Helper())
            else:
                item.fail(self._broken())

    def push_first(self, job: mapping.Job) -> None:
        pass  # it is running, and comes to it next

    def _broken(self) -> BrokenExecutor:
        return self.broken_class(self.broken_pending_message or self.broken_message)

    def _initialize(self) -> bool:
        initializer, self._initializer = self._initializer, None
        if initializer is not None:
            try:
                initializer(*self._initargs)
            except BaseException as error:
                if is_interrupt(error):
                    raise
                LOGGER.critical("Exception in initializer:", exc_info=True)
                self.fail(self.broken_message)
        return self.broken is None

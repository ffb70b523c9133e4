"""The model ``serial``: the task runs in the caller, inside ``submit``."""

from __future__ import annotations

import dis
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from concurrent.futures._base import LOGGER
from types import TracebackType
from typing import Any

_RAISE = dis.opmap["RAISE_VARARGS"]


class SerialPool(Executor):
    """Runs each task at once, in the thread that submits it; one at a time, as a pool of one worker would."""

    broken_class: type[BrokenExecutor] = BrokenExecutor
    broken_message = "the pool's initializer failed, the pool is not usable anymore"
    broken_pending_message = broken_message
    future_class: type[Future[Any]] = Future

    def __init__(self, initializer: Callable[..., object] | None, initargs: tuple[Any, ...]) -> None:
        self._initializer = initializer
        self._initargs = initargs
        self._broken = False
        self._shut_down = False
        # Re-entrant: a task may submit another one, which then runs inside it.
        self._one_at_a_time = threading.RLock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with self._one_at_a_time:
            if self._broken:
                raise self.broken_class(self.broken_message)
            if self._shut_down:
                raise RuntimeError("cannot schedule new futures after shutdown")
            future = self.future_class()
            future.set_running_or_notify_cancel()
            if not self._initialize():
                future.set_exception(self.broken_class(self.broken_pending_message))
                return future
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:
                if is_interrupt(error):
                    raise
                future.set_exception(error)
            else:
                future.set_result(result)
            return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._shut_down = True

    def _initialize(self) -> bool:
        initializer, self._initializer = self._initializer, None
        if initializer is not None:
            try:
                initializer(*self._initargs)
            except BaseException as error:
                if is_interrupt(error):
                    raise
                LOGGER.critical("Exception in initializer:", exc_info=True)
                self._broken = True
        return not self._broken


def is_interrupt(error: BaseException) -> bool:
    """Whether this is the user's Ctrl-C, not a KeyboardInterrupt that the task raises as its outcome.

    Both pass through the task where it runs in the main thread. The signal's comes out of whatever line was
    running; the task's own out of a ``raise`` statement.
    """
    if not isinstance(error, KeyboardInterrupt):
        return False
    innermost: TracebackType | None = error.__traceback__
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    return innermost is None or innermost.tb_frame.f_code.co_code[innermost.tb_lasti] != _RAISE

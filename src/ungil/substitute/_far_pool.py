"""What carries out the tasks of a ``multiprocessing.Pool`` in interpreters of their own."""

from __future__ import annotations

import threading
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from ungil.executor import choice
from ungil.executor.interpreters import AVAILABLE, InterpreterPool
from ungil.executor.sending import SendError
from ungil.substitute import _interpreters, _notice

if TYPE_CHECKING:
    from ungil.substitute.settings import Settings


class Unsuitable(Exception):  # noqa: N818  # no error: the pool stays what it is
    """Interpreters cannot do this pool's work."""


class Far:
    """Runs tasks far away and waits for them; under ``auto`` the first one decides where."""

    def __init__(self, width: int | None, initializer: Any, initargs: Any, settings: Settings, model: str) -> None:
        self._start = (initializer, tuple(initargs))
        self._settings = settings
        self._width = width or choice_of_width()
        self._lock = threading.Lock()
        self._pool: Executor | None = None
        if not AVAILABLE:
            raise Unsuitable("interpreters need Python 3.14 or newer")
        if model == "interpreters":
            try:
                self._pool = self._interpreters()
            except SendError as error:
                raise Unsuitable(str(error)) from None

    def run(self, function: Any, args: Any, kwargs: Any) -> Any:
        """The result of the task; called by a worker thread, which waits."""
        pool = self._pool or self._decide(function, args, kwargs)
        future = pool.submit(function, *args, **kwargs)
        try:
            return future.result()
        except SendError as error:
            _notice.named("unsendable", str(error))
            raise

    def _decide(self, function: Any, args: Any, kwargs: Any) -> Executor:
        with self._lock:
            if self._pool is None:
                model, reason = choice.for_task(*self._start, function, args, kwargs)
                if model == "interpreters":
                    self._pool = self._interpreters()
                else:
                    from ungil.executor.processes import ProcessPool

                    _notice.named("left-as-processes", f"multiprocessing.Pool stays with processes: {reason}")
                    self._pool = ProcessPool(self._width, *self._start)
            return self._pool

    def _interpreters(self) -> Executor:
        return InterpreterPool(
            self._width, "", *self._start, setup=_interpreters.setup(self._settings), on_note=_interpreters.forward
        )


def choice_of_width() -> int:
    """The width of a pool whose program leaves it open."""
    import os

    count = getattr(os, "process_cpu_count", os.cpu_count)()
    return count or 1

"""What carries out the tasks of a ``multiprocessing.Pool`` in interpreters of their own."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from multiprocessing import current_process
from typing import TYPE_CHECKING, Any, Literal

from ungil.executor import choice
from ungil.executor.interpreters import AVAILABLE, InterpreterPool
from ungil.executor.sending import SendError
from ungil.substitute import _interpreters, _notice, _worker
from ungil.substitute._hooks import when_imported

if TYPE_CHECKING:
    from ungil.executor.pool import Pool
    from ungil.substitute.settings import Settings


class Unsuitable(Exception):  # noqa: N818  # no error: the pool stays what it is
    """Interpreters cannot do this pool's work."""


class Far:
    """Runs tasks far away and waits for them; under ``auto`` the first one decides where."""

    def __init__(
        self, width: int | None, initializer: Any, initargs: Any, context: Any, settings: Settings, model: str
    ) -> None:
        self._start = (initializer and functools.partial(_worker.task, initializer), tuple(initargs))
        self._settings = settings
        self._width = width or choice_of_width()
        self._place = _notice.place()
        self.tell: Callable[..., None] = lambda **_: None
        """Says what the pool became, once that is decided; called with the model and the place."""
        self._lock = threading.Lock()
        self._pool: Pool | None = None
        if not AVAILABLE:
            raise Unsuitable("interpreters need Python 3.14 or newer")
        self._name = _next_name(context, self._width)
        if model == "interpreters":
            try:
                self._pool = self._interpreters()
            except SendError as error:
                raise Unsuitable(str(error)) from None

    def run(self, function: Any, args: Any, kwargs: Any) -> Any:
        """The result of the task; called by a worker thread, which waits."""
        pool = self._pool or self._decide(function, args, kwargs)
        future = pool.submit(functools.partial(_worker.task, function), args, kwargs)
        try:
            return future.result()
        except SendError as error:
            _notice.named("unsendable", str(error))
            raise
        except RuntimeError as error:
            if "daemon threads are disabled" in str(error):
                _notice.named("daemon-threads", "a task starts a daemon thread: an interpreter of its own has none")
            raise

    def shutdown(self, wait: bool) -> None:
        """Have the workers end; what they print is written when they have."""
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=not wait)

    def _decide(self, function: Any, args: Any, kwargs: Any) -> Pool:
        with self._lock:
            if self._pool is None:
                model, reason = choice.for_task(*self._start, function, args, kwargs)
                self.tell(model=model, place_of=self._place)
                if model == "interpreters":
                    self._pool = self._interpreters()
                else:
                    from ungil.executor.processes import ProcessPool

                    _notice.named("left-as-processes", f"multiprocessing.Pool stays with processes: {reason}")
                    self._pool = ProcessPool(self._width, *self._start)
            return self._pool

    def _interpreters(self) -> Pool:
        settings = (self._settings.model, self._settings.workers, self._settings.initializer)
        setup = _enter, (settings, self._name, bytes(current_process().authkey))
        return InterpreterPool(self._width, "", *self._start, setup=setup, on_note=_interpreters.forward)


def _enter(settings: tuple[str, int | None, Literal["each", "once"]], name: str, authkey: bytes) -> None:
    """In a worker's interpreter, before the program's own code: what a worker process would find of itself."""
    _interpreters.enter(*settings)

    def identify(process: Any) -> None:
        me = process._current_process
        me._name, me._config["daemon"] = name, True
        me.authkey = authkey

    when_imported("multiprocessing.process", identify)


def _next_name(context: Any, width: int) -> str:
    """What the first worker would be called; as many numbers are used up as there would be workers."""
    names = [context.Process().name for _ in range(width)]
    return str(names[0]).replace("Process", "PoolWorker")


def choice_of_width() -> int:
    """The width of a pool whose program leaves it open."""
    import os

    count = getattr(os, "process_cpu_count", os.cpu_count)()
    return count or 1

"""What a task of a substituted pool is run inside: all that a worker process would have had to itself."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from ungil.substitute import _notice, _stream
from ungil.substitute._whereabouts import in_interpreter

T = TypeVar("T")


class Worker:
    """One worker: a thread (with those it starts itself), or the caller while it runs a task of a serial pool."""

    def __init__(self, process: Any = None, *, inline: bool = False, own_streams: bool = True) -> None:
        _inherit()
        if own_streams:
            _stream.install(_streams)
        self.process = process  # multiprocessing's object; None until somebody asks
        self.parent = current()
        self.inline = inline
        self.idle = False  # waits for a task of its pool
        self.family: Any = None  # the processes it started, see `_process`
        self.thread_id: int | None = None
        self.streams = _stream.own() if own_streams else {}
        self.threads: list[weakref.ref[threading.Thread]] = []
        self.handlers: dict[int, Any] = {}
        """The signal handlers it has set; a thread has none, so nobody calls them."""
        self.own_directory = False
        self.inside: dict[str, Any] = {}
        """Serial only: what the worker has changed of the process, by its `_guard` key ..."""
        self.outside: dict[str, Any] = {}
        """... and what the program outside had in its place, while a task runs."""

    def flush(self) -> None:
        """Write what it has printed, as a process does when it ends."""
        _stream.flush(self.streams)

    def end(self) -> None:
        """From here on it is as if it were killed: what it prints is dropped."""
        _stream.cut(self.streams)


class _Local(threading.local):
    worker: Worker | None
    farewell: _Farewell


class _Farewell:
    """Flushes a worker when the thread it belongs to ends: the thread's locals are the only holders of this."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def __del__(self) -> None:
        self._worker.flush()


_local = _Local()
_everything: Worker | None = None
_for_tasks: Worker | None = None
_making = threading.Lock()
_inheriting = threading.Lock()


def is_serial() -> bool:
    """Whether one worker runs at a time."""
    return _notice.model() == "serial"


def current() -> Worker | None:
    """The worker that the running thread belongs to; None where that is the program itself."""
    try:
        return _local.worker
    except AttributeError:
        # Looked up, not made: `current_thread()` would invent a thread object for one it does not know.
        thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]  # private
        if thread is None:
            return _everything
        worker: Worker | None = getattr(thread, "_ungil_worker", _everything)
        _local.worker = worker
        return worker


def enter(worker: Worker) -> None:
    """Make the running thread that worker's, for good."""
    _local.worker = worker
    worker.thread_id = threading.get_ident()


def task(fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Run ``fn(*args, **kwargs)`` as a worker would: with what a worker has to itself, and its guards.

    Under ``serial`` the caller is the worker for that long; else the thread is one from its first task on, and
    what it prints is written when it ends.
    """
    worker = current()
    if worker is None:
        if in_interpreter():
            be_worker()
            return fn(*args, **kwargs)
        if is_serial():
            return inline(_task_worker(), fn, *args, **kwargs)
        worker = Worker()
        enter(worker)
        _local.farewell = _Farewell(worker)
    return fn(*args, **kwargs)


def be_worker() -> None:
    """All that runs in this interpreter is one worker: it has its own streams, and each call a new thread state."""
    global _everything
    with _making:
        if _everything is None:
            _everything = Worker(own_streams=False)
            _everything.thread_id = threading.get_ident()  # of all its calls
    _local.worker = _everything


def inline(worker: Worker, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Run ``fn`` in the caller, as that worker.

    What it changes of the process is put back afterwards, and there again in its next task.
    """
    from ungil.substitute import _guard

    before = current()
    _local.worker = worker
    _guard.swap_in(worker)
    try:
        return fn(*args, **kwargs)
    finally:
        _guard.swap_out(worker)
        _local.worker = before


def outside(fn: Callable[..., T], /, *args: Any) -> T:
    """Run ``fn`` in a worker's thread as the program itself: a callback that its pool would call elsewhere."""
    before = current()
    _local.worker = None
    try:
        return fn(*args)
    finally:
        _local.worker = before


def flush_tasks() -> None:
    """Write what tasks run by ``task`` under ``serial`` have printed: their pool is done."""
    if _for_tasks is not None:
        _for_tasks.flush()


def _inherit() -> None:
    """Have the threads a worker starts belong to it; from the first worker on."""
    with _inheriting:
        start = threading.Thread.start
        if hasattr(start, "_ungil_real"):
            return

        def start_in_worker(self: Any) -> None:
            worker = current()
            if worker is not None and not worker.inline and not hasattr(self, "_ungil_worker"):
                self._ungil_worker = worker
                worker.threads.append(weakref.ref(self))
            start(self)

        start_in_worker._ungil_real = start  # type: ignore[attr-defined]  # marks it as ours
        start_in_worker.__doc__ = start.__doc__
        threading.Thread.start = start_in_worker  # type: ignore[method-assign]  # that is what it is about


def _task_worker() -> Worker:
    global _for_tasks
    with _making:
        if _for_tasks is None:
            import atexit

            _for_tasks = Worker(inline=True)
            atexit.register(_for_tasks.flush)
        return _for_tasks


def _streams() -> dict[str, Any] | None:
    worker = current()
    return None if worker is None else worker.streams

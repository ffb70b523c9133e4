"""``multiprocessing.Process`` as a thread of this process (models ``threads`` and ``serial``).

The library keeps how a process is started apart from all else, in a ``Popen``; this is one more of them. Its own
classes, names, checks and messages stay as they are, and who ``current_process()`` is depends on the thread.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from multiprocessing import process as _module
from typing import TYPE_CHECKING, Any

from ungil.substitute import _arguments, _baton, _guard, _notice, _sharing, _worker

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

# Nothing else of multiprocessing is imported here: this is loaded while its first module is.

_SIGINT, _SIGKILL, _SIGTERM = 2, 9, 15


class TerminatedError(BaseException):
    """Raised inside a worker that has been told to end; nobody sees it."""


class Popen:
    """The start and the end of one worker thread, in the shape of ``multiprocessing.popen_fork.Popen``."""

    method = "thread"
    serial = False

    def __init__(self, process: Any, *, takes_part: bool = True) -> None:
        """``takes_part``: under ``serial`` it runs only while it holds the baton."""
        util = _util()
        util._flush_std_streams()  # as every other Popen does
        self.returncode: int | None = None
        self._ending = threading.Lock()
        self._ended = threading.Event()
        self._identified = threading.Event()
        self.sentinel, self._alive = os.pipe()
        self.finalizer: Any = util.Finalize(self, _close, ([self.sentinel],))
        connections: dict[int, Connection] = {}
        child = _child_of(process, self, connections)
        self._connections = list(connections.values())
        self._worker = _worker.Worker(child)
        self._worker.idle = getattr(process._target, "__module__", "") == "multiprocessing.pool"
        turn = _baton.ticket() if self.serial and takes_part else None
        self._thread = threading.Thread(target=self._run, args=(child, turn), name="MainThread", daemon=True)
        self._thread._ungil_worker = self._worker  # type: ignore[attr-defined]  # its own, not its parent's
        self._thread.start()
        self._identified.wait()

    def poll(self, flag: int = 0) -> int | None:
        """The exit code; None while it runs."""
        if self.returncode is None:
            _baton.rest()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code once it has ended; None after ``timeout`` seconds."""
        if self.returncode is None:
            if _util().is_exiting() and isinstance(getattr(sys, "last_value", None), KeyboardInterrupt):
                interrupt_all()  # it has ended the program elsewhere
            _baton.without(self._wait, timeout)
        return self.returncode

    def _wait(self, timeout: float | None) -> None:
        try:
            self._ended.wait(timeout)
        except KeyboardInterrupt:
            interrupt_all()
            raise

    def terminate(self) -> None:
        self.send_signal(_SIGTERM)

    def kill(self) -> None:
        self.send_signal(_SIGKILL)

    def interrupt(self) -> None:
        self.send_signal(_SIGINT)

    def send_signal(self, sig: int) -> None:
        """What sending the signal to a worker process comes to for a thread."""
        if self.returncode is not None or sig == 0:
            return
        if self._worker.idle:
            return  # it waits for a task of its pool, which is going to tell it to end
        exiting = _util().is_exiting()
        if not exiting and sig != _SIGINT:
            _notice.named("terminate", f"a worker is sent signal {int(sig)}: a thread can only be abandoned")
        handler = self._worker.handlers.get(int(sig))
        if callable(handler) and not exiting:
            self._handle(handler, int(sig))
        elif sig == _SIGINT:
            self._raise(KeyboardInterrupt)
        elif sig != 0 and handler is None:
            self._worker.end()
            self._end(-int(sig))
            self._raise(TerminatedError)

    def close(self) -> None:
        self.finalizer()

    def duplicate_for_child(self, descriptor: int) -> int:
        return descriptor

    def _handle(self, handler: Any, sig: int) -> None:
        """Call a worker's own signal handler: here, as that worker, since its thread cannot be interrupted by one."""
        try:
            _worker.inline(self._worker, handler, sig, None)
        except SystemExit as request:
            self._worker.flush()
            self._worker.end()
            self._end(_exit_code(request))
            self._raise(TerminatedError)

    def _raise(self, error: type[BaseException]) -> None:
        """Have it raised in the worker: takes effect when that runs Python code again, if ever."""
        try:
            import ctypes
        except ImportError:
            return
        if self._worker.thread_id is not None and self._thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._worker.thread_id), ctypes.py_object(error))

    def _run(self, child: Any, turn: _baton.Turn | None) -> None:
        _worker.enter(self._worker)
        self.pid = threading.get_native_id()
        _guard.processes[self.pid] = self
        self._identified.set()
        if turn is not None:
            _baton.take(turn)
        try:
            self._end(_bootstrap(child, self._worker))
        except TerminatedError:
            self._end(-_SIGTERM)
        finally:
            _guard.processes.pop(self.pid, None)
            child.__dict__.pop("_args", None)
            child.__dict__.pop("_kwargs", None)
            for connection in self._connections:
                connection.close()
            if turn is not None:
                _baton.give()

    def _end(self, code: int) -> None:
        with self._ending:
            if self.returncode is not None:
                return
            self.returncode = code
        self._ended.set()
        os.close(self._alive)


class _Current:
    """``multiprocessing.process._current_process``, which the library's own methods read."""

    def __getattr__(self, name: str) -> Any:
        return getattr(current_process(), name)


class _Children:
    """``multiprocessing.process._children``: each worker has children of its own."""

    def add(self, process: Any) -> None:
        _family().children.add(process)

    def discard(self, process: Any) -> None:
        _family().children.discard(process)

    def __iter__(self) -> Any:
        return iter(list(_family().children))

    def __len__(self) -> int:
        return len(_family().children)


class _Counter:
    """``multiprocessing.process._process_counter``: each worker counts its own children."""

    def __iter__(self) -> _Counter:
        return self

    def __next__(self) -> int:
        family = _family()
        with family.lock:
            number: int = next(family.counter)
            return number


class _Family:
    """The processes that one worker, or the program itself, has started."""

    def __init__(self, counter: Any = None) -> None:
        self.children: set[Any] = set()
        self.counter = counter or itertools.count(1)
        self.lock = threading.Lock()


class _Parent(_module._ParentProcess):  # type: ignore[name-defined,misc]  # private
    """What ``parent_process()`` is in a worker."""

    def __init__(self, process: Any, popen: Popen | None) -> None:
        super().__init__(process.name, popen.pid if popen else os.getpid(), None)
        self._thread = popen

    def is_alive(self) -> bool:
        return self._thread is None or self._thread.poll() is None

    def join(self, timeout: float | None = None) -> None:
        if self._thread is not None:
            self._thread.wait(timeout)


_main: Any = None
_main_family = _Family()
_current = _Current()


def current_process() -> Any:
    """Return process object representing the current process"""
    worker = _worker.current()
    if _module._current_process is not _current:  # type: ignore[attr-defined]  # a real child process, forked
        return _module._current_process  # type: ignore[attr-defined]  # private
    if worker is None:
        return _main
    if worker.process is None:
        worker.process = _identify(worker)
    return worker.process


def parent_process() -> Any:
    """Return process object representing the parent process"""
    worker = _worker.current()
    if worker is None or _module._current_process is not _current:  # type: ignore[attr-defined]  # private
        return _module._parent_process  # type: ignore[attr-defined]  # private
    above = worker.parent
    popen = above.process._popen if above is not None and above.process is not None else None
    return _Parent(_main if above is None or above.process is None else above.process, popen)


def bind(serial: bool) -> None:
    """Make the library start threads. Called before anything has read these names from ``process``."""
    global _main, _main_family
    if _main is not None:
        return
    Popen.serial = serial
    module: Any = _module
    _main = module._current_process
    _main_family = _Family(module._process_counter)
    module._current_process = _current
    module._children = _Children()
    module._process_counter = _Counter()
    module.current_process, module.parent_process = current_process, parent_process


def start(process: Any) -> Popen:
    """What every context's ``Process._Popen`` is now."""
    if Popen.serial:
        _baton.take_first()
    by_library = _by_library()
    if not by_library:
        _notice.substituted("multiprocessing.Process", 1, None, False)
        target = process._target if "run" not in type(process).__dict__ else process.run
        _sharing.look(target, _sharing.SHARED)
        if target is process._target:
            _arguments.look(target, process._args)
    # A manager's server waits at sockets, not at anything that would hand the baton on.
    return Popen(process, takes_part=not by_library)


def refuse_in_daemon() -> None:
    """Raise what the library raises for a pool made in another pool's worker."""
    if current_process()._config.get("daemon"):
        raise AssertionError("daemonic processes are not allowed to have children")


def _by_library() -> bool:
    """Whether it is the standard library's Pool or Manager that starts a process, not the program."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename == _module.__file__:
        frame = frame.f_back
    return _notice.in_library(frame.f_code.co_filename)


def _util() -> Any:
    from multiprocessing import util

    return util


def _connection() -> Any:
    from multiprocessing import connection

    return connection


def interrupt_all() -> None:
    """Ctrl-C: the terminal sends it to every process of the program, so workers end by it as well."""
    for popen in list(_guard.processes.values()):
        popen.send_signal(_SIGINT)


def _family() -> _Family:
    worker = _worker.current()
    if worker is None:
        return _main_family
    if worker.family is None:
        worker.family = _Family()
    family: _Family = worker.family
    return family


def _identify(worker: _worker.Worker) -> Any:
    """The process object of a worker that no ``Process`` was made for: a thread of an executor's pool."""
    import multiprocessing

    local = _worker._local
    local.worker = worker.parent  # it is the child of whoever made the pool
    try:
        process: Any = multiprocessing.get_context().Process()
    finally:
        local.worker = worker
    process._popen = Inside()
    return process


class Inside:
    """The ``Popen`` of a worker that no thread was started for: it is one already, or its caller."""

    def __init__(self) -> None:
        self.pid = threading.get_native_id()
        self.returncode: int | None = None
        self.sentinel = None

    def poll(self, flag: int = 0) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        return self.returncode

    def terminate(self) -> None:
        self.returncode = -_SIGTERM

    kill = terminate


def _child_of(process: Any, popen: Popen, connections: dict[int, Connection]) -> Any:
    """The process object that the worker sees as itself: a copy, with its own ends of the pipes it was given."""
    child = object.__new__(type(process))
    child.__dict__.update(process.__dict__)
    child._popen = popen
    for name, value in list(child.__dict__.items()):
        child.__dict__[name] = _own_ends(value, connections)
    return child


def _own_ends(value: Any, connections: dict[int, Connection]) -> Any:
    """The value with each ``Connection`` in it replaced by a duplicate, as a child process has them."""
    Connection = _connection().Connection  # noqa: N806  # a class
    if isinstance(value, Connection):
        if value.closed:
            return value
        if id(value) not in connections:
            connections[id(value)] = type(value)(os.dup(value.fileno()), value.readable, value.writable)
        return connections[id(value)]
    if type(value) in (list, tuple):
        items = [_own_ends(item, connections) for item in value]
        changed = any(one is not other for one, other in zip(items, value, strict=True))
        return type(value)(items) if changed else value
    if type(value) is dict:
        pairs = {key: _own_ends(item, connections) for key, item in value.items()}
        return pairs if any(pairs[key] is not value[key] for key in value) else value
    return value


def _bootstrap(child: Any, worker: _worker.Worker) -> int:
    """Run it, and end it as ``BaseProcess._bootstrap`` does: same messages, same exit codes."""
    code = 1
    try:
        try:
            child.run()
            code = 0
        except SystemExit as request:
            code = _exit_code(request)
        except (TerminatedError, _guard.Exit):
            raise
        except BaseException:
            import traceback

            sys.stderr.write(f"Process {child.name}:\n")
            traceback.print_exc()
        _end_family(worker)
        worker.flush()
    except _guard.Exit as end:
        worker.end()
        return end.code
    return code


def _end_family(worker: _worker.Worker) -> None:
    """What a process does on its way out: wait for its threads and its children."""
    for reference in worker.threads:
        thread = reference()
        if thread is not None and not thread.daemon:
            _baton.without(thread.join)
    if worker.family is not None:
        for process in list(worker.family.children):
            if process.daemon:
                process._popen.terminate()
        for process in list(worker.family.children):
            process.join()


def _exit_code(request: SystemExit) -> int:
    if request.code is None:
        return 0
    if isinstance(request.code, int):
        return request.code & 0xFF
    sys.stderr.write(f"{request.code}\n")
    return 1


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)

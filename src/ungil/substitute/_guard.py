"""What a worker does to the process it shares: named, and kept to that worker where the system has a way.

A worker process may change its directory, its environment or its signal handlers, or end itself. A worker that is a
thread would do that to the whole program; one that runs inside its caller (``serial``) would leave it so afterwards.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from ungil.substitute import _notice
from ungil.substitute._hooks import when_imported
from ungil.substitute._whereabouts import current

TYPE_CHECKING = False  # type checkers know the name; `typing` itself is not imported before the program does
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from ungil.substitute._worker import Worker

    Call = Callable[..., Any]

_CLONE_FS = 0x200  # <linux/sched.h>: directory and umask of the calling thread's own
_OWN_GROUP = ("setsid", "setpgid", "setpgrp", "setuid", "setgid", "seteuid", "setegid", "setgroups", "chroot")


class Exit(BaseException):
    """A worker ends itself at once (``os._exit``, ``os.kill`` of itself): unwinds its thread up to its first call."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


processes: dict[int, Any] = {}
"""What ``os.kill`` may be called with: process identifiers of workers that are threads, and their ``Popen``."""


def install(model: str) -> None:
    """Guard what a worker may call, where workers share the program's process.

    ``interpreters`` is for inside a worker's interpreter, which has its own environment, random numbers and threads.
    """
    if model not in ("threads", "serial", "interpreters"):
        return
    _guard_os()
    when_imported("signal", _guard_signal)
    when_imported("locale", lambda locale: _replace(locale, "setlocale", _setlocale))
    when_imported("time", lambda time: _replace(time, "tzset", _named("tzset", "the time zone is the program's")))
    when_imported(
        "resource", lambda resource: _replace(resource, "setrlimit", _named("setrlimit", "limits are the program's"))
    )
    if model == "serial":
        when_imported("time", lambda time: _replace(time, "sleep", _sleep))
    if model != "interpreters":
        for name in ("putenv", "unsetenv"):
            _replace(os, name, _environment)
        when_imported("random", lambda random: _replace(random, "seed", _seed))
        when_imported("numpy.random", lambda random: _replace(random, "seed", _numpy_seed))


def swap_in(worker: Worker) -> None:
    """A worker that runs in its caller begins a task: what it changed in earlier ones is there again."""
    for key, value in worker.inside.items():
        worker.outside[key] = _read(key)
        _write(key, value)


def swap_out(worker: Worker) -> None:
    """Its task is done: the program finds everything as it left it."""
    if worker.outside:
        outside, worker.outside = worker.outside, {}
        for key, value in outside.items():
            worker.inside[key] = _read(key)
            _write(key, value)


def _swaps(worker: Worker) -> bool:
    """Whether nobody else runs while this worker does, so that it may have for that long what is the process's."""
    return worker.inline or _notice.model() == "serial"


def _keep(worker: Worker, key: str) -> None:
    """Before a worker that runs in its caller changes something: remember how the program left it."""
    if key not in worker.outside:
        worker.outside[key] = _read(key)


def _read(key: str) -> Any:
    kind, _, name = key.partition(":")
    if kind == "directory":
        return os.getcwd()
    if kind == "umask":
        mask = _real(os.umask)(0)
        _real(os.umask)(mask)
        return mask
    if kind == "environ":
        return os.environ.get(name)
    if kind == "signal":
        return sys.modules["signal"].getsignal(int(name))
    if kind == "locale":
        return sys.modules["locale"].setlocale(int(name))
    if kind == "random":
        return sys.modules["random"].getstate()
    return sys.modules["numpy.random"].get_state()


def _write(key: str, value: Any) -> None:
    kind, _, name = key.partition(":")
    if kind == "directory":
        _real(os.chdir)(value)
    elif kind == "umask":
        _real(os.umask)(value)
    elif kind == "environ":
        _write_environ(name, value)
    elif kind == "signal":
        if value is not None:
            _real(sys.modules["signal"].signal)(int(name), value)
    elif kind == "locale":
        _real(sys.modules["locale"].setlocale)(int(name), value)
    elif kind == "random":
        sys.modules["random"].setstate(value)
    else:
        sys.modules["numpy.random"].set_state(value)


def _write_environ(name: str, value: str | None) -> None:
    # Not through os.environ's own methods: they call the guarded putenv.
    data = os.environ._data  # type: ignore[attr-defined]  # private
    key = os.environ.encodekey(name)
    if value is None:
        data.pop(key, None)
        _real(os.unsetenv)(key)
    else:
        encoded = os.environ.encodevalue(value)
        data[key] = encoded
        _real(os.putenv)(key, encoded)


def _real(guard: Any) -> Any:
    return getattr(guard, "_ungil_real", guard)


def _replace(module: ModuleType, name: str, make: Callable[[Call], Call]) -> None:
    real = getattr(module, name, None)
    if real is None or hasattr(real, "_ungil_real"):
        return
    guard: Any = make(real)
    # As functools.wraps does, which is not imported before the program does.
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(guard, attribute, getattr(real, attribute))
    guard.__wrapped__ = guard._ungil_real = real
    for able in ("supports_fd", "supports_dir_fd", "supports_follow_symlinks", "supports_effective_ids"):
        functions: set[Any] = getattr(module, able, set())
        if real in functions:
            functions.add(guard)
    setattr(module, name, guard)


def _named(call: str, why: str) -> Callable[[Call], Call]:
    """A guard that names the call in a worker and lets it through."""

    def make(real: Call) -> Call:
        def guard(*args: Any, **kwargs: Any) -> Any:
            if current() is not None and not _notice.made_by_library():
                _notice.named(call, f"{call} in a worker: {why}")
            return real(*args, **kwargs)

        return guard

    return make


def _guard_os() -> None:
    for name in ("chdir", "fchdir", "umask"):
        _replace(os, name, _of_directory(name))
    for name in _OWN_GROUP:
        _replace(os, name, _named(f"os.{name}", "it is the program's, for all workers"))
    for name in ("execv", "execve"):
        _replace(os, name, _named(f"os.{name}", "it replaces the whole program"))
    for name in ("fork", "forkpty"):
        _replace(os, name, _fork(name))
    _replace(os, "getpid", _getpid)
    _replace(os, "_exit", _exit)
    _replace(os, "abort", lambda real: lambda: _end_or(real, "os.abort", -6))
    _replace(os, "kill", _kill)


def _of_directory(name: str) -> Callable[[Call], Call]:
    def make(real: Call) -> Call:
        def guard(*args: Any, **kwargs: Any) -> Any:
            worker = current()
            if worker is not None:
                if worker.inline:
                    _keep(worker, "umask" if name == "umask" else "directory")
                    kept = True
                else:
                    kept = _own_directory(worker)
                effect = (
                    "kept to this worker here, in a plain thread the whole program's" if kept else "the whole program's"
                )
                _notice.named("chdir" if name != "umask" else "umask", f"os.{name} in a worker: {effect}")
            return real(*args, **kwargs)

        return guard

    return make


def _own_directory(worker: Worker) -> bool:
    """Give the running thread a working directory and umask of its own. Linux can; it may be forbidden to."""
    if worker.own_directory or worker.thread_id != get_ident():
        return worker.own_directory
    try:
        if hasattr(os, "unshare"):
            os.unshare(_CLONE_FS)
        else:  # Python before 3.12
            import ctypes

            if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_FS):
                return False
    except (OSError, ImportError, AttributeError):
        return False
    # Threads that a worker starts later share it, as they do in a process; those it started before do not.
    worker.own_directory = True
    return True


def _environment(real: Call) -> Call:
    def guard(*args: Any) -> Any:
        worker = current()
        if worker is not None and args:
            name = os.fsdecode(args[0])
            if _swaps(worker):
                _keep(worker, f"environ:{name}")
            _notice.named(
                "environ",
                f"the environment variable {name} is written in a worker: "
                + (
                    "kept to this worker here, in a plain thread the whole program's"
                    if worker.inline
                    else "the whole program's"
                ),
            )
        return real(*args)

    return guard


def _fork(name: str) -> Callable[[Call], Call]:
    def make(real: Call) -> Call:
        def guard() -> Any:
            if not _by_multiprocessing(sys._getframe(1).f_code.co_filename):
                _notice.named("os-fork", f"os.{name} by hand: stays a process of its own")
            return real()

        return guard

    return make


def _by_multiprocessing(filename: str) -> bool:
    return os.path.basename(os.path.dirname(filename)) == "multiprocessing"


def _getpid(real: Call) -> Call:
    def guard() -> int:
        if current() is not None and not _notice.in_library(sys._getframe(1).f_code.co_filename):
            _notice.named("getpid", "os.getpid in a worker: all workers share the program's process identifier")
        pid: int = real()
        return pid

    return guard


def _exit(real: Call) -> Call:
    def guard(status: int) -> Any:
        return _end_or(lambda: real(status), "os._exit", status & 0xFF)

    return guard


def _end_or(real: Call, call: str, code: int) -> Any:
    if current() is None:
        return real()
    _notice.named("os-exit", f"{call} in a worker: unwinds the worker, a worker process would be gone at once")
    raise Exit(code)


def _kill(real: Call) -> Call:
    def guard(pid: int, sig: int) -> Any:
        popen = processes.get(pid)
        if popen is not None:
            return popen.send_signal(sig)
        if pid == _real(os.getpid)() and current() is not None:
            if int(sig) in (6, 9, 15):
                return _end_or(real, "os.kill", -int(sig))
            _notice.named("os-kill", f"os.kill of itself with signal {int(sig)} in a worker: goes to the program")
        return real(pid, sig)

    return guard


def _guard_signal(signal: ModuleType) -> None:
    _replace(signal, "signal", _signal)
    for name in ("alarm", "setitimer", "set_wakeup_fd", "siginterrupt"):
        _replace(signal, name, _timer(name))


def _signal(real: Call) -> Call:
    def guard(signalnum: Any, handler: Any) -> Any:
        worker = current()
        if worker is None:
            return real(signalnum, handler)
        signal = sys.modules["signal"]
        plain = handler in (signal.SIG_IGN, signal.SIG_DFL)
        if plain and signalnum in (signal.SIGINT, signal.SIGTERM):
            # "Workers leave Ctrl-C to their parent": there is nothing to leave here.
            if not _notice.made_by_library():
                what = f"signal.signal({_name(signalnum)}) in a worker: not done, signals are the program's"
                _notice.named("signal", what)
            return signal.SIG_DFL
        _notice.named("signal", f"a handler for {_name(signalnum)} is set in a worker: signals are the program's")
        if worker.inline and _in_main_thread():
            _keep(worker, f"signal:{int(signalnum)}")
            return real(signalnum, handler)
        if signalnum not in signal.valid_signals():
            return real(signalnum, handler)  # which raises what it has to
        before = worker.handlers.get(int(signalnum), signal.getsignal(signalnum))
        worker.handlers[int(signalnum)] = handler
        return before

    return guard


def _timer(name: str) -> Callable[[Call], Call]:
    def make(real: Call) -> Call:
        def guard(*args: Any, **kwargs: Any) -> Any:
            worker = current()
            if worker is not None:
                _notice.named("signal", f"signal.{name} in a worker: its signal goes to the program's main thread")
                if not (worker.inline and _in_main_thread()) and name in ("alarm", "setitimer"):
                    # Its signal would end the program, which has no handler for it.
                    return 0 if name == "alarm" else (0.0, 0.0)
            return real(*args, **kwargs)

        return guard

    return make


def _in_main_thread() -> bool:
    import threading

    return bool(threading.current_thread() is threading.main_thread())


def _name(signalnum: Any) -> str:
    return getattr(signalnum, "name", str(signalnum))


def _sleep(real: Call) -> Call:
    """While one sleeps, others run: programs wait for a worker's flag that way."""

    def guard(*args: Any) -> Any:
        baton = sys.modules.get("ungil.substitute._baton")
        without = getattr(baton, "without", None)  # not there yet: nobody else runs either
        return real(*args) if without is None else without(real, *args)

    return guard


def _setlocale(real: Call) -> Call:
    def guard(category: int, locale: Any = None) -> Any:
        worker = current()
        if worker is not None and locale is not None:
            if _swaps(worker):
                _keep(worker, f"locale:{int(category)}")
            _notice.named("setlocale", "locale.setlocale in a worker: the locale is the whole program's")
        return real(category, locale)

    return guard


def _seed(real: Call) -> Call:
    return _of_generator("random", "random.seed", real)


def _numpy_seed(real: Call) -> Call:
    return _of_generator("numpy.random", "numpy.random.seed", real)


def _of_generator(key: str, call: str, real: Call) -> Call:
    def guard(*args: Any, **kwargs: Any) -> Any:
        worker = current()
        if worker is not None:
            if _swaps(worker):
                _keep(worker, key)
            else:
                _notice.named("random-seed", f"{call} in a worker: all workers draw from one generator")
        return real(*args, **kwargs)

    return guard

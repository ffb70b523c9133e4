"""Threads: how they begin, end and are waited for; and ``time.sleep``."""

from __future__ import annotations

import _thread
import sys

from ungil.race.inside import primitives
from ungil.race.inside.primitives import caller, calls_program, clean, get_ident
from ungil.race.inside.typeslots import look_like, replace

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ungil.race.inside.sync import Watcher

_MISSING: Any = object()


class BareThread:
    """A thread that was not started by ``threading``: what a watcher gets in the place of a ``Thread``."""

    daemon = True

    def __init__(self, function: Callable[..., object]) -> None:
        self.name = getattr(function, "__qualname__", None) or type(function).__name__
        self.ident: int | None = None


class _Begun:
    """What a bare thread calls: the function, watched. Error messages show the function."""

    def __init__(self, watcher: Watcher, function: Callable[..., object], ends: object = None) -> None:
        self.watcher = watcher
        self.function = function
        self.thread = BareThread(function)
        self.ends = self.thread if ends is None else ends

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self.thread.ident = get_ident()
        self.watcher.thread_begins(self.thread)
        self.watcher.into(self.thread)
        try:
            self.function(*args, **kwargs)
        except BaseException as error:
            clean(error)
            raise
        finally:
            self.watcher.out(self.ends)
            self.watcher.thread_ends(self.thread)

    def __repr__(self) -> str:
        return repr(self.function)


class _Starting:
    """From here on a thread goes on that is not known yet: until it begins, or an error says that it never will."""

    def __init__(self, thread: object) -> None:
        self._thread = thread

    def __enter__(self) -> None:
        if primitives.Shared.waits is not None:
            primitives.Shared.waits.starting[id(self._thread)] = self._thread

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None and primitives.Shared.waits is not None:
            primitives.Shared.waits.starting.pop(id(self._thread), None)


def patch_thread(watcher: Watcher) -> None:
    """The module ``_thread``, which is there from the start."""
    plain_start = _thread.start_new_thread

    def start_new_thread(*args: Any) -> int:
        if caller(1) == "threading" or not (len(args) > 1 and callable(args[0]) and isinstance(args[1], tuple)):
            return plain_start(*args)
        begun = _Begun(watcher, args[0])
        watcher.out(begun.thread)
        with _Starting(begun.thread):
            return plain_start(begun, *args[1:])

    for name in ("start_new_thread", "start_new"):
        replace(_thread, name, start_new_thread)
    if sys.version_info >= (3, 13):
        _joinable(watcher)


def _joinable(watcher: Watcher) -> None:
    """What ``threading`` is built on since Python 3.13."""
    module: Any = _thread
    handle_type = module._ThreadHandle
    plain_start, plain_join = module.start_joinable_thread, handle_type.join

    def start_joinable_thread(function: Any, handle: Any = None, daemon: Any = True) -> Any:
        if caller(1) == "threading" or not callable(function):
            return plain_start(function, handle=handle, daemon=daemon)
        if handle is None:
            handle = handle_type()
        begun = _Begun(watcher, function, handle)
        begun.thread.daemon = bool(daemon)
        watcher.out(begun.thread)
        with _Starting(begun.thread):
            return plain_start(begun, handle=handle, daemon=daemon)

    def join(self: Any, timeout: float | None = None) -> None:
        if caller(1) == "threading" or timeout is not None or self.is_done():
            plain_join(self, timeout)
        else:
            watcher.waits("join", self, None)
            try:
                plain_join(self)
            finally:
                watcher.woke("join", self)
        if self.is_done():
            watcher.into(self)

    replace(module, "start_joinable_thread", start_joinable_thread)
    replace(handle_type, "join", join)


def patch_threading(watcher: Watcher, threading: Any) -> None:
    kind = threading.Thread
    plain_start, plain_bootstrap, plain_join, plain_is_alive = kind.start, kind._bootstrap, kind.join, kind.is_alive

    def start(self: Any) -> None:
        watcher.out(self)
        try:
            with _Starting(self):
                plain_start(self)
        except BaseException as error:
            clean(error)
            raise

    def _bootstrap(self: Any) -> None:
        # What the thread does begins with `run`: before that, `start` still waits for it. Until then, `run` is ours.
        attributes = self.__dict__
        own = attributes.get("run", _MISSING)
        begun = False

        def run() -> None:
            nonlocal begun
            if own is _MISSING:
                attributes.pop("run", None)
            else:
                attributes["run"] = own
            begun = True
            try:
                watcher.thread_begins(self)
                watcher.into(self)
                self.run()
            except BaseException as error:
                clean(error)
                raise

        attributes["run"] = run
        try:
            plain_bootstrap(self)
        finally:
            if begun:
                watcher.out(self)
                watcher.thread_ends(self)
            elif primitives.Shared.waits is not None:
                primitives.Shared.waits.starting.pop(id(self), None)

    def join(self: Any, timeout: float | None = None) -> None:
        try:
            if not self._initialized or not self._started._flag or self._ident == get_ident():
                plain_join(self, timeout)  # which is an error
                return
            watcher.waits("join", self, timeout)
            try:
                plain_join(self, timeout)
            finally:
                watcher.woke("join", self)
        except BaseException as error:
            clean(error)
            raise
        if not plain_is_alive(self):
            watcher.into(self)

    def is_alive(self: Any) -> bool:
        alive: bool = plain_is_alive(self)
        if not alive and self._started._flag:
            watcher.into(self)
        return alive

    for method in (start, _bootstrap, join, is_alive):
        replace(kind, method.__name__, method)
    # A timer's event is waited for and set on behalf of the program, too.
    for function in (kind.run, threading.Timer.run, threading.Timer.cancel):
        calls_program(function)
    _shutdown(watcher, threading)


def _shutdown(watcher: Watcher, threading: Any) -> None:
    """The main thread has come to its end, and waits for those that are not daemons."""

    def waited(plain: Callable[[], None]) -> None:
        watcher.waits("shutdown", threading, None)
        try:
            plain()
        finally:
            watcher.woke("shutdown", threading)

    if hasattr(threading, "_thread_shutdown"):
        plain_thread_shutdown = threading._thread_shutdown

        def _thread_shutdown() -> None:
            waited(plain_thread_shutdown)

        replace(threading, "_thread_shutdown", _thread_shutdown)
        return
    plain_shutdown = threading._shutdown

    def _shutdown() -> None:
        if not threading._main_thread._is_stopped:
            # What pools have to do first may wait for one thread after the other. It is not to be done twice.
            threading._SHUTTING_DOWN = True
            for call in reversed(threading._threading_atexits):
                call()
            threading._threading_atexits.clear()
        waited(plain_shutdown)

    replace(threading, "_shutdown", _shutdown)


def patch_time(watcher: Watcher) -> None:
    import time

    plain_sleep = time.sleep

    def sleep(seconds: Any, /) -> None:
        if not isinstance(seconds, (int, float)) or not seconds >= 0:
            plain_sleep(seconds)
            return
        watcher.waits("sleep", None, seconds)
        try:
            plain_sleep(seconds)
        except BaseException as error:
            clean(error)
            raise
        finally:
            watcher.woke("sleep", None)

    look_like(sleep, plain_sleep)
    replace(time, "sleep", sleep)

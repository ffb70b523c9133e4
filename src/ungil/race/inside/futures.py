"""``concurrent.futures``, and the ways into an event loop of ``asyncio`` from another thread."""

from __future__ import annotations

from ungil.race.inside.primitives import Beside, calls_program, clean, get_ident
from ungil.race.inside.typeslots import replace

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from typing import Any

    from ungil.race.inside.sync import Watcher

_DONE = ("CANCELLED", "CANCELLED_AND_NOTIFIED", "FINISHED")

pools = Beside()
"""The pool that a future belongs to, by a weak reference."""
workers: dict[int, int] = {}
"""The thread that carries out a future's task, by the future's ``id``; only while it does."""


def patch_base(watcher: Watcher, base: Any) -> None:
    kind = base.Future
    plain_result, plain_exception, plain_done = kind.result, kind.exception, kind.done
    plain_cancelled, plain_cancel, plain_callback = kind.cancelled, kind.cancel, kind.add_done_callback
    plain_set_result, plain_set_exception = kind.set_result, kind.set_exception
    plain_invoke = kind._invoke_callbacks

    def waited(self: Any, plain: Callable[[Any, Any], Any], timeout: float | None) -> Any:
        try:
            if self._state in _DONE:
                watcher.into(self)
                return plain(self, timeout)
            watcher.waits("future", self, timeout)
            try:
                return plain(self, timeout)
            finally:
                watcher.woke("future", self)
                if self._state in _DONE:
                    watcher.into(self)
        except BaseException as error:
            clean(error)
            raise
        finally:
            self = None  # the exception may be its own: no cycle

    def result(self: Any, timeout: float | None = None) -> Any:
        try:
            return waited(self, plain_result, timeout)
        except BaseException as error:
            clean(error)
            raise
        finally:
            self = None

    def exception(self: Any, timeout: float | None = None) -> Any:
        try:
            return waited(self, plain_exception, timeout)
        except BaseException as error:
            clean(error)
            raise

    def done(self: Any) -> bool:
        known: bool = plain_done(self)
        if known:
            watcher.into(self)
        return known

    def cancelled(self: Any) -> bool:
        known: bool = plain_cancelled(self)
        if known:
            watcher.into(self)
        return known

    def cancel(self: Any) -> bool:
        watcher.out(self)
        return bool(plain_cancel(self))

    def set_result(self: Any, result: Any) -> None:
        watcher.out(self)
        plain_set_result(self, result)

    def set_exception(self: Any, exception: Any) -> None:
        watcher.out(self)
        plain_set_exception(self, exception)

    # Who adds a callback goes before the callback; the future's condition serves as the name of that edge.
    def add_done_callback(self: Any, fn: Callable[[Any], object]) -> None:
        watcher.out(self._condition)
        if self._state in _DONE:
            watcher.into(self)
        plain_callback(self, fn)

    def _invoke_callbacks(self: Any) -> None:
        if self._done_callbacks:
            watcher.into(self._condition)
        plain_invoke(self)

    for method in (result, exception, done, cancelled, cancel, set_result, set_exception):
        replace(kind, method.__name__, method)
    replace(kind, "add_done_callback", add_done_callback)
    replace(kind, "_invoke_callbacks", _invoke_callbacks)
    calls_program(plain_invoke)
    _several(watcher, base)


def _several(watcher: Watcher, base: Any) -> None:
    plain_wait, plain_as_completed = base.wait, base.as_completed

    def wait(fs: Iterable[Any], timeout: float | None = None, return_when: str = base.ALL_COMPLETED) -> Any:
        try:
            futures = set(fs)
            watcher.waits("future", tuple(futures), timeout)
            try:
                found = plain_wait(futures, timeout, return_when)
            finally:
                watcher.woke("future", None)
        except BaseException as error:
            clean(error)
            raise
        for future in found.done:
            watcher.into(future)
        return found

    def as_completed(fs: Iterable[Any], timeout: float | None = None) -> Generator[Any, None, None]:
        try:
            futures = set(fs)
            completed = plain_as_completed(futures, timeout)
            try:
                while True:
                    watcher.waits("future", tuple(futures), timeout)
                    try:
                        found = [next(completed)]
                    except StopIteration:
                        return
                    finally:
                        watcher.woke("future", None)
                    watcher.into(found[0])
                    futures.discard(found[0])
                    yield found.pop()  # keep no reference to it, as the original
            finally:
                completed.close()
        except BaseException as error:
            clean(error)
            raise

    replace(base, "wait", wait)
    replace(base, "as_completed", as_completed)


def patch_package(_watcher: Watcher, package: Any) -> None:
    """Names that ``concurrent.futures`` bound before its parts were watched."""
    import sys

    base = sys.modules["concurrent.futures._base"]
    for name in ("wait", "as_completed"):
        if getattr(package, name, None) is getattr(getattr(base, name), "__wrapped__", None):
            replace(package, name, getattr(base, name))


def patch_pool(watcher: Watcher, module: Any) -> None:
    """Pools of threads: each task has an edge of its own, from ``submit`` to the moment it begins."""
    import weakref

    item, pool = module._WorkItem, module.ThreadPoolExecutor
    plain_init, plain_run, plain_submit = item.__init__, item.run, pool.submit

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        plain_init(self, *args, **kwargs)
        watcher.out(self)

    def run(self: Any, *args: Any) -> None:
        watcher.into(self)
        key = id(self.future)
        workers[key] = get_ident()
        try:
            plain_run(self, *args)
        finally:
            workers.pop(key, None)

    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            future = plain_submit(self, fn, *args, **kwargs)
        except BaseException as error:
            clean(error)
            raise
        pools.set(future, weakref.ref(self))
        return future

    replace(item, "__init__", __init__)
    replace(item, "run", run)
    replace(pool, "submit", submit)
    calls_program(plain_run)
    context = getattr(module, "WorkerContext", None)  # of Python 3.14 and up
    if context is not None:
        calls_program(context.run)
        calls_program(context.initialize)


_loops = Beside()
"""Event loops that got something from another thread."""


def patch_loops(watcher: Watcher, module: Any) -> None:
    kind = module.BaseEventLoop
    plain = kind.call_soon_threadsafe

    def call_soon_threadsafe(self: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        if self not in _loops:
            _loops.set(self, True)
        watcher.out(self)
        try:
            handle = plain(self, callback, *args, context=context)
        except BaseException as error:
            clean(error)
            raise
        if handle._source_traceback:
            del handle._source_traceback[-1]  # ours; in debug mode
        return handle

    replace(kind, "call_soon_threadsafe", call_soon_threadsafe)


def patch_handles(watcher: Watcher, module: Any) -> None:
    kind = module.Handle
    plain = kind._run

    def _run(self: Any) -> None:
        if _loops and self._loop in _loops:
            watcher.into(self._loop)
        plain(self)

    replace(kind, "_run", _run)


def after_fork() -> None:
    workers.clear()

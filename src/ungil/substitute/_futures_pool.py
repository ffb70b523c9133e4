"""The classes that stand in place of ``concurrent.futures``' pools where those are bound to another model.

Each is a subclass of the one it replaces, so that isinstance(), subclassing, pickling the class, ``map`` with its
chunks and buffer, and the private attributes people look at are as they were; only where tasks go is ours.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from ungil.substitute import _notice

if TYPE_CHECKING:
    from ungil.substitute.settings import Settings


class Asked:
    """What the program asked of its pool; ``width`` is what it asked for, or the class's own default."""

    def __init__(
        self,
        asked: int | None,
        width: int,
        initializer: Callable[..., object] | None,
        initargs: tuple[Any, ...],
        *,
        thread_name_prefix: str = "",
        mp_context: Any = None,
        max_tasks_per_child: int | None = None,
    ) -> None:
        self.asked, self.width = asked, width
        self.initializer, self.initargs = initializer, initargs
        self.thread_name_prefix, self.mp_context = thread_name_prefix, mp_context
        self.max_tasks_per_child = max_tasks_per_child


def replacement(real: Any, nature: str, settings: Settings) -> Any:
    """The class to put in the place of ``real``, whose own model is ``nature``."""
    arguments = _process_arguments if nature == "processes" else _thread_arguments

    @functools.wraps(real.__init__)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # a method of the class made below
        if nature == "threads" and _notice.made_by_library():
            # asyncio's own threads, say, or a library class that is one of these: not the program's pool.
            real.__init__(self, *args, **kwargs)
            return
        # Not before: it needs the thread pool's module, which may be the one being imported now.
        from ungil.executor.far import refuse_while_loading
        from ungil.substitute._carrier import Carrier

        refuse_while_loading()
        asked = arguments(real, self, *args, **kwargs)
        self._ungil_carrier = Carrier(real, nature, settings, asked)

    @functools.wraps(real.submit)
    def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        carrier = self.__dict__.get("_ungil_carrier")
        future: Future[Any]
        future = real.submit(self, fn, *args, **kwargs) if carrier is None else carrier.submit(fn, args, kwargs)
        return future

    @functools.wraps(real.shutdown)
    def shutdown(self: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
        carrier = self.__dict__.get("_ungil_carrier")
        if carrier is None:
            real.shutdown(self, wait, cancel_futures=cancel_futures)
            return
        self._shutdown = self._shutdown_thread = True
        carrier.shutdown(wait, cancel_futures)

    @functools.wraps(real.__exit__)
    def __exit__(self: Any, kind: type[BaseException] | None, *rest: object) -> None:  # noqa: N807
        # Ctrl-C reaches worker processes as well and ends them; here what is queued would all be done first.
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        self.shutdown(**({"cancel_futures": True} if interrupted else {}))

    members: dict[str, Any] = {
        "__init__": __init__,
        "__exit__": __exit__,
        "submit": submit,
        "shutdown": shutdown,
        "__module__": real.__module__,
        "__qualname__": real.__qualname__,
        "__doc__": real.__doc__,
        "_ungil_real": real,
    }
    for name in ("terminate_workers", "kill_workers"):  # 3.14
        if hasattr(real, name):
            members[name] = _forceful(real, name)
    return type(real.__name__, (real,), members)


def _thread_arguments(real: Any, pool: Any, *args: Any, **kwargs: Any) -> Asked:
    """Thread and interpreter pools start nothing before the first task: the class's own ``__init__`` does."""
    real.__init__(pool, *args, **kwargs)
    max_workers, _, initializer, initargs = (*args, *(None,) * 4)[:4]
    return Asked(
        kwargs.get("max_workers", max_workers),
        pool._max_workers,
        kwargs.get("initializer", initializer),
        tuple(kwargs.get("initargs", initargs) or ()),
        thread_name_prefix=pool._thread_name_prefix,
    )


def _process_arguments(real: Any, pool: Any, *args: Any, **kwargs: Any) -> Asked:
    """A process pool makes pipes and semaphores at once: its checks and attributes without those."""

    def bind(
        self: Any,
        max_workers: Any = None,
        mp_context: Any = None,
        initializer: Any = None,
        initargs: Any = (),
        **options: Any,
    ) -> tuple[Any, ...]:
        for name in options:
            if name not in (real.__init__.__kwdefaults__ or {}):
                raise TypeError(f"{bind.__qualname__}() got an unexpected keyword argument {name!r}")
        return max_workers, mp_context, initializer, initargs, options.get("max_tasks_per_child")

    bind.__qualname__ = f"{real.__name__}.__init__"  # as a wrong call is told
    max_workers, mp_context, initializer, initargs, max_tasks_per_child = bind(pool, *args, **kwargs)
    if max_workers is not None and max_workers <= 0:
        raise ValueError("max_workers must be greater than 0")
    if initializer is not None and not callable(initializer):
        raise TypeError("initializer must be a callable")
    pool._mp_context = mp_context or _context("spawn" if max_tasks_per_child is not None else None)
    _check_max_tasks(max_tasks_per_child, pool._mp_context)
    pool._max_workers = max_workers or _cores()
    pool._initializer, pool._initargs, pool._max_tasks_per_child = initializer, initargs, max_tasks_per_child
    pool._processes, pool._pending_work_items, pool._queue_count = {}, {}, 0
    pool._shutdown_thread = pool._broken = False
    pool._shutdown_lock, pool._executor_manager_thread = threading.Lock(), None
    return Asked(
        max_workers,
        pool._max_workers,
        initializer,
        tuple(initargs),
        mp_context=mp_context,
        max_tasks_per_child=max_tasks_per_child,
    )


def _check_max_tasks(max_tasks_per_child: Any, context: Any) -> None:
    if max_tasks_per_child is None:
        return
    if not isinstance(max_tasks_per_child, int):
        raise TypeError("max_tasks_per_child must be an integer")
    if max_tasks_per_child <= 0:
        raise ValueError("max_tasks_per_child must be >= 1")
    if context.get_start_method(allow_none=False) == "fork":
        raise ValueError(
            "max_tasks_per_child is incompatible with the 'fork' multiprocessing start method; "
            "supply a different mp_context."
        )


def _context(method: str | None) -> Any:
    import multiprocessing

    return multiprocessing.get_context(method)


def _cores() -> int:
    count: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


def _forceful(real: Any, name: str) -> Callable[[Any], None]:
    @functools.wraps(getattr(real, name))
    def end_workers(self: Any) -> None:
        _notice.named(
            name.replace("_", "-"),
            f"{name}(): a task under way cannot be ended, it runs to its end; those that wait are cancelled",
        )
        self._shutdown = self._shutdown_thread = True
        self._ungil_carrier.shutdown(False, True)

    return end_workers

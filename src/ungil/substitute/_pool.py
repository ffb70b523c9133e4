"""``multiprocessing.Pool`` with threads for workers, in this interpreter or each with one of its own.

The library's own pool with another kind of worker, and queues that need no pipe: what ``ThreadPool`` is.
"""

from __future__ import annotations

import functools
import queue
import threading
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing import pool as _multiprocessing_pool
from typing import TYPE_CHECKING, Any

from ungil.substitute import _arguments, _notice, _sharing, _worker

if TYPE_CHECKING:
    from ungil.substitute.settings import Settings

_module: Any = _multiprocessing_pool
Pool = _module.Pool
ThreadPool = _module.ThreadPool
_real_queues = Pool._setup_queues
_real_sentinels = Pool._get_sentinels
_real_finish = Pool._help_stuff_finish


def bind(settings: Settings, model: str) -> None:
    """Bind the pools to ``threads`` or ``interpreters`` (``auto``: or processes, as the first task allows); else
    leave them what they are, say that they are made, and unless it is ``as-is`` how wide.
    """
    if model in ("threads", "interpreters", "auto"):
        Pool._setup_queues = _set_up_queues
        Pool._get_sentinels = _get_sentinels
        Pool._help_stuff_finish = staticmethod(_help_stuff_finish)
    real = Pool.__init__

    @functools.wraps(real)
    def __init__(  # noqa: N807  # it takes that one's place
        self: Any,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Any = (),
        maxtasksperchild: int | None = None,
        context: Any = None,
    ) -> None:
        if _notice.made_by_pool_library():
            real(self, processes, initializer, initargs, maxtasksperchild, context)
            return
        arguments = _Arguments(processes, initializer, initargs, maxtasksperchild)
        if model != "as-is":
            arguments.widen(settings.workers)
        became = "threads" if isinstance(self, ThreadPool) else model
        if became in ("threads", "interpreters", "auto") and not isinstance(self, ThreadPool):
            became = _prepare(self, arguments, context or get_context(), settings, became)
        real(self, *arguments.in_order(), context)
        if became == "auto":
            self._ungil_tasks.far.tell = functools.partial(
                _notice.substituted, name(self), self._processes, processes, initializer is not None
            )
        else:
            tell(self, processes, initializer, became)

    Pool.__init__ = __init__
    if model in ("interpreters", "auto"):
        Pool.join = _join_far(Pool.join)


def _join_far(real: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(real)
    def join(self: Any) -> None:
        real(self)
        tasks = getattr(self, "_ungil_tasks", None)
        if tasks is not None:
            tasks.far.shutdown(wait=True)

    return join


def name(pool: Any) -> str:
    """A pool's name as the program knows it."""
    return "multiprocessing.pool.ThreadPool" if isinstance(pool, ThreadPool) else "multiprocessing.Pool"


def tell(pool: Any, asked: int | None, initializer: Any, model: str, workers: int | None = None) -> None:
    """Say that the program made this pool, and what it became."""
    has_initializer = initializer is not None
    if model == "as-is":
        _notice.made(name(pool), pool._processes, asked, has_initializer)
    else:
        _notice.substituted(name(pool), workers or pool._processes, asked, has_initializer, model=model)


def name_renewal(maxtasksperchild: int | None) -> None:
    """A worker made anew is a new process, with nothing of what the one before has loaded or changed."""
    if maxtasksperchild is not None:
        what = f"maxtasksperchild={maxtasksperchild}: a new worker finds what the one before it has left in memory"
        _notice.named("max-tasks-per-child", what)


class _Late:
    """An initializer that waits for the pool's first task, so that its program has gone on by then.

    A process may look at its own globals at once; a thread would find them as they are while the pool is being made.
    """

    def __init__(self, initializer: Callable[..., object], begun: threading.Event) -> None:
        self._initializer = initializer
        self._begun = begun

    def __call__(self, *args: Any) -> None:
        self._begun.wait()
        self._initializer(*args)


class _Arguments:
    """What the pool is going to be made with."""

    def __init__(self, processes: int | None, initializer: Any, initargs: Any, maxtasksperchild: int | None) -> None:
        self.processes, self.initializer, self.initargs = processes, initializer, initargs
        self.maxtasksperchild = maxtasksperchild

    def in_order(self) -> tuple[Any, ...]:
        return self.processes, self.initializer, self.initargs, self.maxtasksperchild

    def widen(self, workers: int | None) -> None:
        # A width of 0 stays, for the error it gives.
        if workers is not None and (self.processes is None or self.processes >= 1):
            self.processes = workers


def _prepare(pool: Any, arguments: _Arguments, context: Any, settings: Settings, model: str) -> str:
    """Have a pool that is about to be made run its tasks by ``model``; returns the model it came to."""
    name_renewal(arguments.maxtasksperchild)
    if model == "threads":
        pool._wrap_exception = False
        pool._ungil_tasks = _Tasks()
        if arguments.initializer is not None:
            look(arguments.initializer)
            if settings.initializer == "once":
                from ungil.substitute._carrier import Once

                arguments.initializer = Once(arguments.initializer)
            arguments.initializer = _Late(arguments.initializer, pool._ungil_tasks.begun)
        return model
    from ungil.substitute._far_pool import Far, Unsuitable

    try:
        far = Far(arguments.processes, arguments.initializer, arguments.initargs, context, settings, model)
    except Unsuitable as reason:
        _notice.named("left-as-processes", f"multiprocessing.Pool stays with processes: {reason}")
        return "processes"
    pool._wrap_exception = False
    pool._ungil_tasks = _FarTasks(far)
    pool.Process = ThreadPool.Process
    arguments.initializer, arguments.initargs, arguments.maxtasksperchild = None, (), None
    return model


def look(function: Any) -> None:
    """Name what a function of a pool's worker keeps in globals."""
    _sharing.look(function, _sharing.SHARED)


def _set_up_queues(self: Any) -> None:
    tasks = getattr(self, "_ungil_tasks", None)
    if tasks is None:
        _real_queues(self)
        return
    self._inqueue, self._outqueue = tasks, _Results()
    self._quick_put, self._quick_get = tasks.put, self._outqueue.get


def _get_sentinels(self: Any) -> Any:
    if hasattr(self, "_ungil_tasks"):
        return [self._change_notifier._reader]
    return _real_sentinels(self)


def _help_stuff_finish(inqueue: Any, task_handler: Any, size: int) -> None:
    if isinstance(inqueue, _Tasks):
        ThreadPool._help_stuff_finish(inqueue, task_handler, size)
    else:
        _real_finish(inqueue, task_handler, size)


class _Tasks:
    """Tasks on their way to the workers."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._seen: Any = None
        self.begun = threading.Event()

    def put(self, task: Any) -> None:
        if task is not None:
            self._look(task)
        self._queue.put(task)
        if not self.begun.is_set():
            self.begun.set()

    def get(self, block: bool = True) -> Any:
        task = self._queue.get(block)
        worker = _worker.current()
        if worker is not None:
            worker.idle = task is None
        return task

    def _look(self, task: Any) -> None:
        _, _, function, args, _ = task
        own = own_function(function, args)
        if own is not self._seen:
            self._seen = own
            look(own)
            _arguments.look(own, first_arguments(function, args))


class _FarTasks(_Tasks):
    """Tasks on their way to workers that hand them on to an interpreter."""

    def __init__(self, far: Any) -> None:
        super().__init__()
        self.far = far

    def get(self, block: bool = True) -> Any:
        task = self._queue.get(block)
        if task is None:
            return None
        job, index, function, args, kwargs = task
        return job, index, self.far.run, (function, args, kwargs), {}

    def _look(self, task: Any) -> None:
        pass


class _Results:
    """Results on their way back; a worker that has put one is idle before anybody can have read it."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.get = self._queue.get

    def put(self, result: Any) -> None:
        worker = _worker.current()
        if worker is not None:
            worker.idle = True
        self._queue.put(result)


def first_arguments(function: Any, args: Any) -> Any:
    """What the program's function in a pool's task is called with, of a chunk at first."""
    if function is _module.mapstar:
        return args[0][1][:1]
    if function is _module.starmapstar:
        return args[0][1][0]
    return args


def own_function(function: Any, args: Any) -> Any:
    """The program's function in a pool's task: a chunk of ``map`` has it as its first argument."""
    return args[0][0] if function in (_module.mapstar, _module.starmapstar) else function

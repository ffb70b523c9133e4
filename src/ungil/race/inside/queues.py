"""``queue.Queue`` and its kin, and ``SimpleQueue``, which is written in C."""

from __future__ import annotations

from ungil.race.inside import primitives
from ungil.race.inside.primitives import Beside, caller, clean
from ungil.race.inside.typeslots import replace

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from typing import Any

    from ungil.race.inside.sync import Watcher

_POOL = "concurrent.futures.thread"
"""Its queue orders nothing that the program sees: a task has an edge of its own."""


class Handover:
    """Names the edge from who puts one thing into a queue to who gets it; what others put does not come with it."""

    __slots__ = ("__weakref__",)


_under_way = Beside()
"""Of a queue, the handovers of what is in it, by the ``id`` of each thing."""


def _hand(watcher: Watcher, queue: Any, item: object) -> None:
    handover = Handover()
    watcher.out(handover)
    there = _under_way.get(queue)
    if there is None:
        there = _under_way.setdefault(queue, {})
    there.setdefault(id(item), []).append(handover)


def _receive(watcher: Watcher, queue: Any, item: object) -> None:
    there = _under_way.get(queue)
    key = id(item)
    handovers = None if there is None else there.get(key)
    if not handovers:
        watcher.into(queue)  # it came another way: from all who have put something
        return
    for handover in tuple(handovers):  # several where the very same thing is there more than once
        watcher.into(handover)
    if len(handovers) == 1:
        there.pop(key, None)
    else:
        del handovers[:1]


def patch(watcher: Watcher, queue: Any) -> None:
    own = set()
    for each in (queue.Queue, queue.LifoQueue, queue.PriorityQueue):
        own.add(_patch_ends(watcher, each))
    kind = queue.Queue
    plain_put, plain_get, plain_join, plain_task_done = kind.put, kind.get, kind.join, kind.task_done

    # What a full queue's getters do happens before what is put where they made room; and `task_done` before `join`. The
    # conditions that the queue has for these serve as names of the edges.
    def put(self: Any, item: Any, block: bool = True, timeout: float | None = None) -> None:
        watcher.out(self)
        try:
            if not block or self.maxsize <= 0:
                plain_put(self, item, block, timeout)
            else:
                watcher.waits("queue-put", self, timeout)
                try:
                    plain_put(self, item, block, timeout)
                finally:
                    watcher.woke("queue-put", self)
        except BaseException as error:
            clean(error)
            raise
        if self.maxsize > 0:
            watcher.into(self.not_full)

    def get(self: Any, block: bool = True, timeout: float | None = None) -> Any:
        if self.maxsize > 0:
            watcher.out(self.not_full)
        try:
            if not block:
                item = plain_get(self, block, timeout)
            else:
                watcher.waits("queue-get", self, timeout)
                try:
                    item = plain_get(self, block, timeout)
                finally:
                    watcher.woke("queue-get", self)
        except BaseException as error:
            clean(error)
            raise
        if type(self)._get not in own:
            watcher.into(self)
        return item

    def task_done(self: Any) -> None:
        watcher.out(self.all_tasks_done)
        try:
            plain_task_done(self)
        except BaseException as error:
            clean(error)
            raise

    def join(self: Any) -> None:
        watcher.waits("queue-join", self, None)
        try:
            plain_join(self)
        finally:
            watcher.woke("queue-join", self)
        watcher.into(self.all_tasks_done)

    for method in (put, get, task_done, join):
        replace(kind, method.__name__, method)
    if hasattr(kind, "shutdown"):
        plain_shutdown = kind.shutdown

        def shutdown(self: Any, immediate: bool = False) -> None:
            watcher.out(self)
            plain_shutdown(self, immediate)

        replace(kind, "shutdown", shutdown)


def _patch_ends(watcher: Watcher, kind: Any) -> Any:
    """Of one of the three queues: where things go in and out, with its mutex held."""
    plain_put, plain_get = kind._put, kind._get

    def _put(self: Any, item: Any) -> None:
        _hand(watcher, self, item)
        plain_put(self, item)

    def _get(self: Any) -> Any:
        item = plain_get(self)
        _receive(watcher, self, item)
        return item

    replace(kind, "_put", _put)
    replace(kind, "_get", _get)
    return _get


def patch_simple(watcher: Watcher, module: Any) -> None:
    kind, empty = module.SimpleQueue, module.Empty
    if hasattr(kind.get, "__wrapped__"):
        return  # the module was loaded again: the class is the same
    waits = primitives.Shared.waits
    plain_put, plain_get = kind.put, kind.get

    def added(self: Any, item: Any, block: bool, timeout: float | None) -> None:
        if waits is not None:
            waits.puts(self)
        plain_put(self, item, block, timeout)

    def put(self: Any, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if caller(1) != _POOL:
            watcher.out(self)
            _hand(watcher, self, item)
        added(self, item, block, timeout)

    def put_nowait(self: Any, item: Any) -> None:
        if caller(1) != _POOL:
            watcher.out(self)
            _hand(watcher, self, item)
        added(self, item, False, None)

    def taken(self: Any, block: bool, timeout: float | None) -> Any:
        try:
            if not block:
                item = plain_get(self, False)
            else:
                if timeout is None:
                    try:
                        item = plain_get(self, False)
                    except empty:
                        pass
                    else:
                        if waits is not None:
                            waits.got(self)
                        return item
                watcher.waits("queue-get", self, timeout)
                try:
                    item = plain_get(self, True, timeout)
                finally:
                    watcher.woke("queue-get", self)
        except BaseException as error:
            clean(error)
            raise
        if waits is not None:
            waits.got(self)
        return item

    def get(self: Any, block: bool = True, timeout: float | None = None) -> Any:
        pool = caller(1) == _POOL
        item = taken(self, block, timeout)
        if not pool:
            _receive(watcher, self, item)
        return item

    def get_nowait(self: Any) -> Any:
        pool = caller(1) == _POOL
        item = taken(self, False, None)
        if not pool:
            _receive(watcher, self, item)
        return item

    for method in (put, put_nowait, get, get_nowait):
        replace(kind, method.__name__, method)

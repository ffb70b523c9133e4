"""The hooks that instrumented code calls, in Python: what they hear goes to the mode of the run.

The C core has the same. A hook costs a call; where its site is not armed, nothing more.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from ungil.race.inside.sites import IDLE

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ungil.race.inside.sites import Site

    Touch = Callable[[Site, Any, Any, str], None]

NO_KEY = object()
BEFORE, READ, WRITE, EACH = "before", "read", "write", "each"
"""Phases: before the one access there is; before the read of an update, and between its read and write; at the next
item of an iteration."""

armed = bytearray()
"""Whether a site is listened to, by its index."""
all_armed = False


def _nothing(_site: Site, _thing: object, _key: object, _phase: str) -> None:
    pass


class Listening:
    """Who hears of accesses: ``touch`` is set when a run begins."""

    touch: Touch = staticmethod(_nothing)


_pending: dict[int, list[tuple[Any, Any, Any]]] = {}
"""Per thread, the accesses that are under way: site, object, key."""
_iterated: dict[int, dict[int, Any]] = {}
"""Per thread, what the loop at a site goes through."""


def forget_thread() -> None:
    """The running thread ends."""
    if core is not None:
        core.forget_thread()
    _pending.pop(get_ident(), None)
    _iterated.pop(get_ident(), None)


def _push(site: Site, thing: object, key: object) -> None:
    ident = get_ident()
    stack = _pending.get(ident)
    if stack is None:
        stack = _pending[ident] = []
    elif len(stack) > 200:
        del stack[:100]  # of accesses that ended by an exception
    stack.append((site, thing, key))


def _pop(site: Site) -> tuple[Any, Any]:
    stack = _pending.get(get_ident())
    while stack:
        entry = stack.pop()
        if entry[0] is site:
            return entry[1], entry[2]
    return NO_KEY, NO_KEY


class Hook:
    """One hook."""

    __slots__ = ("index", "site")
    role = ""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.index = site.index

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (_Idle, self.role)

    def is_armed(self) -> bool:
        index = self.site.index
        return all_armed or (0 <= index < len(armed) and armed[index] == 1)


class _Idle:
    pass


for _role, _idle in IDLE.items():
    setattr(_Idle, _role, staticmethod(_idle))


class Receiver(Hook):
    __slots__ = ()
    role = "receiver"

    def __call__(self, thing: Any) -> Any:
        if all_armed or self.is_armed():
            Listening.touch(self.site, thing, NO_KEY, BEFORE)
        return thing


class ReceiverOfKey(Hook):
    """The key comes later."""

    __slots__ = ()
    role = "receiver"

    def __call__(self, thing: Any) -> Any:
        if all_armed or self.is_armed():
            _push(self.site, thing, NO_KEY)
        return thing


class UpdatedReceiver(Hook):
    __slots__ = ()
    role = "receiver"

    def __call__(self, thing: Any) -> Any:
        if all_armed or self.is_armed():
            _push(self.site, thing, NO_KEY)
            Listening.touch(self.site, thing, NO_KEY, READ)
        return thing


class ReceiverKey(Hook):
    __slots__ = ()
    role = "receiver-key"

    def __call__(self, thing: Any, key: Any) -> Any:
        if all_armed or self.is_armed():
            if self.site.op == "item-update":
                _push(self.site, thing, key)
                Listening.touch(self.site, thing, key, READ)
            else:
                Listening.touch(self.site, thing, key, BEFORE)
        return thing


class Key(Hook):
    __slots__ = ()
    role = "key"

    def __call__(self, key: Any) -> Any:
        if all_armed or self.is_armed():
            thing, _ = _pop(self.site)
            if thing is not NO_KEY:
                if self.site.op == "item-update":
                    _push(self.site, thing, key)
                    Listening.touch(self.site, thing, key, READ)
                else:
                    Listening.touch(self.site, thing, key, BEFORE)
        return key


class SearchedKey(Hook):
    """Of ``key in thing``: it comes first."""

    __slots__ = ()
    role = "key"

    def __call__(self, key: Any) -> Any:
        if all_armed or self.is_armed():
            _push(self.site, NO_KEY, key)
        return key


class Searched(Hook):
    __slots__ = ()
    role = "receiver"

    def __call__(self, thing: Any) -> Any:
        if all_armed or self.is_armed():
            _, key = _pop(self.site)
            Listening.touch(self.site, thing, key, BEFORE)
        return thing


class Update(Hook):
    __slots__ = ()
    role = "update"

    def __call__(self, value: Any) -> Any:
        if all_armed or self.is_armed():
            thing, key = _pop(self.site)
            if thing is not NO_KEY:
                Listening.touch(self.site, thing, key, WRITE)
        return value


class Iterated(Hook):
    __slots__ = ()
    role = "receiver"

    def __call__(self, thing: Any) -> Any:
        if all_armed or self.is_armed():
            _iterated.setdefault(get_ident(), {})[self.site.index] = thing
            Listening.touch(self.site, thing, NO_KEY, BEFORE)
        return thing


class Each(Hook):
    __slots__ = ()
    role = "each"

    def __call__(self) -> bool:
        if all_armed or self.is_armed():
            thing = _iterated.get(get_ident(), {}).get(self.site.index, NO_KEY)
            if thing is not NO_KEY:
                Listening.touch(self.site, thing, NO_KEY, EACH)
        return True


class Value(Hook):
    """A global: its module's dictionary is the frame's."""

    __slots__ = ()
    role = "value"

    def __call__(self, value: Any) -> Any:
        if all_armed or self.is_armed():
            phase = READ if self.site.op == "global-update" else BEFORE
            Listening.touch(self.site, sys._getframe(1).f_globals, NO_KEY, phase)
        return value


class UpdateMarked(Hook):
    __slots__ = ()
    role = "update-marked"

    def __call__(self, mark: Any, value: Any) -> Any:
        if all_armed or self.is_armed():
            thing = sys._getframe(1).f_globals if self.site.op == "global-update" else mark
            Listening.touch(self.site, thing, NO_KEY, WRITE)
        return value


class CellValue(Hook):
    __slots__ = ()
    role = "cell-value"

    def __call__(self, function: Any, value: Any) -> Any:
        if all_armed or self.is_armed():
            Listening.touch(self.site, function.__closure__[0], NO_KEY, BEFORE)
        return value


class CellMark(Hook):
    __slots__ = ()
    role = "cell-mark"

    def __call__(self, function: Any) -> Any:
        cell = function.__closure__[0]
        if all_armed or self.is_armed():
            Listening.touch(self.site, cell, NO_KEY, READ)
        return cell


_BY_ROLE: dict[str, type[Hook]] = {
    "receiver-key": ReceiverKey,
    "key": Key,
    "update": Update,
    "each": Each,
    "value": Value,
    "update-marked": UpdateMarked,
    "cell-value": CellValue,
    "cell-mark": CellMark,
}


def make_hook(site: Site, role: str) -> Any:
    """The hook of this role for a site; ``site.index`` may be given later."""
    if core is not None:
        return core.make_hook(site, role)
    if site.op == "contains":
        return SearchedKey(site) if role == "key" else Searched(site)
    if role != "receiver":
        return _BY_ROLE[role](site)
    if site.op in ("update", "slice-update"):
        return UpdatedReceiver(site)
    if site.op.startswith("item"):
        return ReceiverOfKey(site)
    return Iterated(site) if site.op == "iterate" else Receiver(site)


def arm(indices: set[int] | None) -> None:
    """Listen to these sites; None: to all."""
    global all_armed
    marks = bytearray(max(indices) + 1 if indices else 0)
    for index in indices or ():
        marks[index] = 1
    armed[:] = marks
    all_armed = indices is None
    if core is not None:
        core.arm(None if indices is None else bytes(marks))


def listen(touch: Touch, *, filters: bool) -> None:
    """Have this function hear of accesses; ``filters``: of the same access of a thread once only, until ``fresh``."""
    Listening.touch = touch
    if core is not None:
        core.listen(touch, NO_KEY, filters)


def activate() -> None:
    """A second thread is about to begin: before, nobody is listened to."""
    if core is not None:
        core.activate()


def fresh() -> None:
    """The running thread's accesses are news again."""
    if core is not None:
        core.fresh()


core: Any = None
"""The C core, where there is one; see :func:`use_core`."""


def use_core(path: str) -> None:
    """Have hooks made by the C core from here on.

    Raises:
        ImportError: it cannot be loaded.
    """
    global core
    machinery: Any = sys.modules["_frozen_importlib_external"]
    name = "ungil._core.hooks"
    spec = machinery.spec_from_file_location(name, path, loader=machinery.ExtensionFileLoader(name, path))
    import _imp

    core = _imp.create_dynamic(spec)
    _imp.exec_dynamic(core)
    core.pickled_by(_pickled)


def _pickled(role: str) -> tuple[Any, ...]:
    return getattr, (_Idle, role)

"""Places: what an access reads or writes, told apart so that two accesses conflict only where they can.

An attribute belongs to its object, or to the class that has it; a global to its module's dictionary. A container has
*items* (by key) and a *shape* (which items there are): ``d[k] = v`` writes an item, and the shape where ``k`` is new;
``len``, truth and iteration read the shape. What CPython documents as atomic (``append``, ``d[k] = v``,
``setdefault``) is one access here, never two: only windows of several accesses are looked for.
"""

from __future__ import annotations

from collections import deque
from types import CellType, FunctionType, GeneratorType, ModuleType

from ungil.race.inside.sites import MUTATING_METHODS

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from typing import Any

    from ungil.race.inside.sites import Site

READ, WRITE, ADVANCE = "read", "write", "advance"
"""``advance``: of an iterator, which reads and changes it at once."""

SHAPE = ("shape",)
"""The key of which items a container has."""
ANY = ("any",)
"""The key of an item that is not known."""
ITERATOR = ("iterator",)


class Place:
    """One thing that is read or written."""

    __slots__ = ("key", "kind", "owner")

    def __init__(self, owner: object, key: object, kind: str) -> None:
        self.owner = owner
        self.key = key
        self.kind = kind
        """``read``, ``write`` or ``advance``."""

    def meets(self, other: Place) -> bool:
        """Whether both are about the same thing."""
        if self.owner is not other.owner:
            return False
        return self.key == other.key or ANY in (self.key, other.key)

    @property
    def writes(self) -> bool:
        return self.kind != READ


_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
_SEQUENCES = (list, deque, bytearray)
CONTAINERS = (dict, set, *_SEQUENCES)
_SAFE_ITERATORS = ("count", "repeat")
"""Of ``itertools``: their ``next`` is one atomic step."""
_METHOD_TYPES = (FunctionType, staticmethod, classmethod, type(len), type(list.append), type(object.__init__))
_attributes: dict[tuple[type, str], str] = {}


def of(site: Site, thing: object, key: object, *, phase: str) -> list[Place]:
    """What the access at ``site`` touches; ``phase`` is ``read`` or ``write``, of an update each in its turn."""
    op = site.op
    if op in ("read", "write", "delete", "update"):
        return _attribute(thing, site.name or "", phase)
    if op.startswith("global"):
        return [Place(thing, site.name, phase)]
    if op.startswith("cell"):
        return [Place(thing, "cell", phase)]
    if op.startswith("item"):
        return _item(thing, key, phase, deletes=op == "item-delete")
    if op.startswith("slice"):
        return [Place(thing, SHAPE, phase)] if isinstance(thing, _SEQUENCES) else []
    if op == "call":
        return _call(thing, site.name or "")
    if op == "contains" and isinstance(thing, (dict, set)):
        return [Place(thing, _hashable(key), READ)]
    if op in ("len", "truth", "contains"):
        return [Place(thing, SHAPE, READ)] if isinstance(thing, CONTAINERS) else _view(thing)
    if op in ("iterate", "consume", "next"):
        return _iteration(thing)
    return []


def _attribute(thing: Any, name: str, phase: str) -> list[Place]:
    if isinstance(thing, ModuleType):
        return [Place(thing.__dict__, name, phase)]
    cls = type(thing)
    is_class = isinstance(thing, type)
    known = _attributes.get((cls, name))
    if known is None:
        known = _attributes[cls, name] = _kind_of_attribute(cls, name)
    if known == "other":
        return []
    if is_class:
        for each in thing.__mro__:
            if name in each.__dict__:
                value = each.__dict__[name]
                return (
                    []
                    if phase == READ and isinstance(value, (*_METHOD_TYPES, property))
                    else [Place(each, name, phase)]
                )
        return [Place(thing, name, phase)]
    if phase == READ and known.startswith("class"):
        own = _dictionary(thing)
        if own is None or name not in own:
            if known == "class-method":
                return []
            for each in cls.__mro__:
                if name in each.__dict__:
                    return [Place(each, name, READ)]
    if name.startswith("__") and not name.endswith("__"):
        name = _mangled(cls, thing, name)
    return [Place(thing, name, phase)]


def _mangled(cls: type, thing: object, name: str) -> str:
    """A private name as the instance has it."""
    own = _dictionary(thing) or {}
    for each in cls.__mro__:
        if (full := f"_{each.__name__.lstrip('_')}{name}") in own:
            return full
    return f"_{cls.__name__.lstrip('_')}{name}"


def _kind_of_attribute(cls: type, name: str) -> str:
    """``instance``: its own; ``class``, ``class-method``: it may be the class's; ``other``: code runs."""
    if issubclass(cls, type):
        return "instance"
    for each in cls.__mro__:
        if name in each.__dict__:
            value = each.__dict__[name]
            if type(value).__name__ == "member_descriptor":
                return "instance"
            if isinstance(value, _METHOD_TYPES):
                return "class-method"
            if hasattr(type(value), "__set__") or hasattr(type(value), "__delete__"):
                return "other"
            if hasattr(type(value), "__get__"):
                return "class-method"
            return "class"
    return "instance"


def _dictionary(thing: object) -> dict[str, Any] | None:
    try:
        found = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return None
    return found if isinstance(found, dict) else None


def _hashable(key: object) -> object:
    if type(key) in (str, int, bytes, bool, float, type(None)):
        return key
    if isinstance(key, tuple) and all(type(part) in (str, int, bytes, bool, float, type(None)) for part in key):
        return key
    return ("object", id(key))


def _own_item_methods(thing: object) -> bool:
    """Whether the class has Python code of its own for items, which is watched by itself."""
    cls = type(thing)
    return cls not in (dict, list, deque, set, bytearray) and isinstance(
        getattr(cls, "__getitem__", None), FunctionType
    )


def _item(thing: Any, key: object, phase: str, *, deletes: bool) -> list[Place]:
    if isinstance(thing, (str, bytes, tuple, type, range, memoryview)) or _own_item_methods(thing):
        return []
    if isinstance(thing, dict):
        places = [Place(thing, _hashable(key), phase)]
        if phase == WRITE and (deletes or not _has(thing, key)):
            places.append(Place(thing, SHAPE, WRITE))
        return places
    if isinstance(thing, _SEQUENCES):
        if deletes:
            return [Place(thing, SHAPE, WRITE)]
        if isinstance(key, int) and key < 0:
            key += len(thing)
        return [Place(thing, ("index", key), phase), Place(thing, SHAPE, READ)]
    return [Place(thing, ("index", _hashable(key)), phase)]  # an array of an extension


def _has(thing: dict[Any, Any], key: object) -> bool:
    if isinstance(_hashable(key), tuple) and not isinstance(key, tuple):
        return False  # to look would run code of the program's
    return dict.__contains__(thing, key)


def _call(thing: Any, name: str) -> list[Place]:
    if isinstance(thing, _SEQUENCES):
        return [Place(thing, SHAPE, WRITE if name in MUTATING_METHODS else READ)]
    if isinstance(thing, dict):
        if name in ("get",):
            return [Place(thing, ANY, READ)]
        if name in ("setdefault", "pop", "popitem", "clear", "update", "subtract", "move_to_end"):
            return [Place(thing, ANY, WRITE), Place(thing, SHAPE, WRITE)]
        return [Place(thing, SHAPE, READ)]
    if isinstance(thing, set):
        if name in MUTATING_METHODS:
            return [Place(thing, ANY, WRITE), Place(thing, SHAPE, WRITE)]
        return [Place(thing, SHAPE, READ)]
    if isinstance(thing, GeneratorType) or name == "__next__":
        return _iteration(thing) if name in ("send", "throw", "close", "__next__") else []
    return _attribute(thing, name, READ)


def _view(thing: object) -> list[Place]:
    if isinstance(thing, _VIEWS):
        import gc

        for found in gc.get_referents(thing):
            if isinstance(found, dict):
                return [Place(found, SHAPE, READ), Place(found, ANY, READ)]
    return []


def _iteration(thing: object) -> list[Place]:
    if isinstance(thing, CONTAINERS):
        return [Place(thing, SHAPE, READ), Place(thing, ANY, READ)]
    if isinstance(thing, _VIEWS):
        return _view(thing)
    if isinstance(thing, GeneratorType):
        return [Place(thing, ITERATOR, ADVANCE)]
    cls = type(thing)
    if hasattr(cls, "__next__") and not isinstance(cls.__next__, FunctionType):
        if cls.__module__ == "itertools" and cls.__name__ in _SAFE_ITERATORS:
            return []
        if cls.__module__ in ("_io", "_csv"):
            return []
        return [Place(thing, ITERATOR, ADVANCE)]
    return []


# --- values, looked at without running any code of the program's

MISSING = "<not there>"


def peek(place: Place) -> object:
    """The value there now; the string ``<not there>`` where there is none, None where it cannot be told."""
    owner: Any = place.owner
    key: Any = place.key
    try:
        if key is SHAPE or key is ANY:
            return len(owner)
        if key is ITERATOR:
            return None
        if isinstance(owner, CellType):
            return owner.cell_contents
        if isinstance(owner, dict):
            if isinstance(key, tuple) and key[:1] == ("object",):
                return None
            return dict.get(owner, key, MISSING)
        if isinstance(key, tuple) and key[:1] == ("index",):
            return owner[key[1]] if isinstance(owner, _SEQUENCES) else None
        if isinstance(owner, set):
            return key in owner
        if isinstance(owner, type):
            return owner.__dict__.get(key, MISSING)
        own = _dictionary(owner)
        if own is not None and key in own:
            return own[key]
        for each in type(owner).__mro__:
            if key in each.__dict__:
                member = each.__dict__[key]
                if type(member).__name__ == "member_descriptor":
                    return member.__get__(owner, type(owner))
                return member
    except (AttributeError, ValueError, IndexError, KeyError, TypeError, RuntimeError):
        pass
    return MISSING


_LARGEST = 1000


def content(place: Place) -> str:
    """All that there is, in short."""
    owner: Any = place.owner
    if isinstance(owner, dict):
        return short(dict.copy(owner))
    if isinstance(owner, (deque, list)):
        return short(list(owner))
    return short(bytes(owner) if isinstance(owner, bytearray) else peek(place))


def copied(place: Place) -> dict[Any, Any] | None:
    """The items of a dictionary, where it is not known which of them is meant."""
    owner = place.owner
    if place.key is not ANY or not isinstance(owner, dict) or len(owner) > _LARGEST:
        return None
    return dict.copy(owner)


_PLAIN = (int, float, complex, bool, str, bytes, type(None))
_LONGEST = 60


def short(value: object) -> str:
    """A short repr that runs no code of the program's."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, type):
        return f"<class {value.__name__}>"
    if type(value) in _PLAIN:
        text = repr(value)
    elif type(value) in (list, tuple, set, frozenset, dict):
        inner: Any = value
        try:
            parts: list[Any] = [*(inner.items() if isinstance(inner, dict) else inner)][:8]
        except RuntimeError:  # it is changing
            parts = []
        if isinstance(inner, dict):
            text = "{" + ", ".join(f"{short(k)}: {short(v)}" for k, v in parts) + (", …}" if len(inner) > 8 else "}")
        else:
            left, right = (
                ("[", "]") if isinstance(value, list) else ("(", ")") if isinstance(value, tuple) else ("{", "}")
            )
            text = left + ", ".join(map(short, parts)) + (", …" if len(inner) > 8 else "") + right
    else:
        text = f"<{type(value).__name__} at {id(value):#x}>"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def is_immutable(value: object) -> bool:
    """Whether it is a plain value, for which two equal ones are as good as one."""
    if type(value) in _PLAIN:
        return True
    if type(value) in (tuple, frozenset):
        parts: Any = value
        return all(map(is_immutable, parts))
    return False


def describe(place: Place, site: Site) -> tuple[str, str]:
    """Kind and name of what it is, as the program would say it."""
    owner: Any = place.owner
    key = place.key
    if key is ITERATOR:
        return "iterator", f"{type(owner).__name__} {getattr(owner, '__name__', '')}".strip()
    if isinstance(owner, CellType):
        return "variable", site.name or "?"
    if isinstance(owner, dict) and site.op.startswith("global"):
        return "global", str(key)
    if isinstance(owner, dict) and site.op in ("read", "write", "update", "delete"):
        return "global", f"{owner.get('__name__', '?')}.{key}"
    if isinstance(owner, type):
        return "class attribute", f"{owner.__name__}.{key}"
    if isinstance(owner, (*CONTAINERS,)) or (isinstance(key, tuple) and key[:1] == ("index",)):
        kind = type(owner).__name__
        if key is SHAPE or key is ANY:
            return kind, f"a {kind}"
        shown = key[1] if isinstance(key, tuple) and key[:1] in (("index",), ("object",)) else key
        return f"{kind} item", f"[{shown!r}] of a {kind}"
    return "attribute", f"{type(owner).__name__}.{key}"

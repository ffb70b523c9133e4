"""Attributes of classes replaced and put back, those of the interpreter's own immutable classes too."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from typing import Any

_IMMUTABLE = 1 << 8
"""``Py_TPFLAGS_IMMUTABLETYPE``."""
_MISSING = object()

_replaced: list[tuple[Any, str, Any]] = []
_offset: int | None = None


def replace(owner: Any, name: str, new: Any) -> None:
    """Put ``new`` in the place of an attribute of a class or module. It takes over name, documentation, signature."""
    old = vars(owner).get(name, _MISSING)
    if old is not _MISSING:
        look_like(new, old)
    _replaced.append((owner, name, old))
    _set(owner, name, new)


def restore() -> None:
    """Put back all that was replaced."""
    while _replaced:
        owner, name, old = _replaced.pop()
        _set(owner, name, old)


def prepare() -> None:
    """Before it matters how long it takes."""
    try:
        _offset_of_flags()
    except (ImportError, OSError):
        return  # whoever replaces something is told


def look_like(new: Any, old: Any) -> None:
    """As ``functools.update_wrapper``, which would bring more modules in."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__", "__type_params__"):
        if hasattr(old, name):
            setattr(new, name, getattr(old, name))
    new.__dict__.update(getattr(old, "__dict__", {}))
    new.__wrapped__ = old


def _set(owner: Any, name: str, value: Any) -> None:
    if not isinstance(owner, type) or not owner.__flags__ & _IMMUTABLE:
        if value is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, value)
        return
    import ctypes

    word = ctypes.c_ulong.from_address(id(owner) + _offset_of_flags())
    word.value &= ~_IMMUTABLE
    try:
        if value is _MISSING:
            type.__delattr__(owner, name)
        else:
            type.__setattr__(owner, name, value)
    finally:
        word.value |= _IMMUTABLE  # read anew: setting an attribute changes other flags


def _offset_of_flags() -> int:
    """Where a class object has its flags: the one place that holds them in classes of different flags."""
    global _offset
    if _offset is None:
        import ctypes

        size = ctypes.sizeof(ctypes.c_ulong)
        classes = (type, object, int, dict, list, BaseException, tuple, type(sys), type(_set), type(sys.flags))
        places = [
            place
            for place in range(0, int(type.__dict__["__basicsize__"].__get__(type)), size)
            if all(ctypes.c_ulong.from_address(id(each) + place).value == each.__flags__ for each in classes)
        ]
        if len(places) != 1:
            raise OSError("no place for the flags of a class was found in this interpreter")
        (_offset,) = places
    return _offset

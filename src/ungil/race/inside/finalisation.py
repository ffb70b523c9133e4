"""Whether a program has left anything that would be seen when the interpreter takes its objects apart.

That takes longer than all else in a short run, and mostly does nothing anyone could see.
"""

from __future__ import annotations

import gc
import os
import sys
import weakref
from _io import _IOBase
from types import AsyncGeneratorType, CoroutineType, GeneratorType

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_COLLECTED = 1 << 14
"""Flag of the types whose instances the collector knows: Py_TPFLAGS_HAVE_GC."""
_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
_UNGIL = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "")


def is_needed(modules: Iterable[str]) -> bool:
    """Looks at what was made since ``gc.freeze()``; ``modules`` are the names of those imported since."""
    try:
        return any(map(_is_foreign, modules)) or _anything_left()
    except Exception:  # of a property of the program's
        return True


def _anything_left() -> bool:
    worth_a_look: dict[type, bool] = {}
    for thing in gc.get_objects():
        kind = type(thing)
        if kind not in worth_a_look:
            worth_a_look[kind] = _has_finaliser(kind) or issubclass(kind, (type, weakref.ref)) or _is_library(kind)
        if worth_a_look[kind] and _matters(thing):
            return True
    return False


def _is_foreign(name: str) -> bool:
    """Whether it is an extension module that is not the standard library's: C code may have anything to do."""
    path = getattr(sys.modules.get(name), "__file__", None)
    return isinstance(path, str) and path.endswith((".so", ".dylib")) and not path.startswith(_LIBRARY)


def _matters(thing: Any) -> bool:
    kind = type(thing)
    if issubclass(kind, type):
        # Instances of such a class are not among those the collector knows.
        return _has_finaliser(thing) and not thing.__flags__ & _COLLECTED
    if issubclass(kind, weakref.ref):
        return _calls_back(thing)
    if kind is GeneratorType:
        return bool(thing.gi_suspended)
    if kind is CoroutineType:
        return thing.cr_frame is not None
    if kind is AsyncGeneratorType:
        return thing.ag_frame is not None
    if issubclass(kind, _IOBase):
        return not thing.closed
    return True


def _is_library(kind: type) -> bool:
    """Whether its instances are shared libraries, loaded by ``ctypes``."""
    return any(base.__name__ == "CDLL" and base.__module__ == "ctypes" for base in kind.__mro__)


def _has_finaliser(kind: type) -> bool:
    return any("__del__" in base.__dict__ for base in kind.__mro__)


def _calls_back(reference: weakref.ref[Any]) -> bool:
    callback = reference.__callback__
    if callback is None or getattr(callback, "__name__", None) == "_destroy":  # the C part of abc
        return False
    code = getattr(callback, "__code__", None)
    return code is None or not code.co_filename.startswith((_LIBRARY, _UNGIL, "<frozen "))

"""Whether an extension module declares ``Py_MOD_GIL_NOT_USED``, as the interpreter itself sees it.

The interpreter keeps the declaration in the module object and looks at it there after the module was created. No
function reads it, and what it causes does not tell enough: the GIL is also on, for a while, during each import of an
extension (of its own dependencies' too, and of other threads'), the warning is given for the first module only, and
with PYTHON_GIL=0 nothing happens at all. So it is read from the object's memory. Where in the object it stands differs
between versions and is therefore found out, on modules of which it is known; where that gives no clear
answer, or memory cannot be read, the state of the GIL after each import has to do.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_open, _close, _pread = os.open, os.close, os.pread
_HEADER = object.__basicsize__
_Module = type(sys)  # bound now: substitution gives ``sys`` itself a class of its own
_SIZE = _Module.__basicsize__


def reader() -> Callable[[ModuleType], bool]:
    """A function that tells of a module just created whether it requires the GIL."""
    try:
        found = _find()
    except (OSError, ImportError):
        found = None
    if found is None:
        return _Transitions()
    offset, size, required = found

    def requires_gil(module: ModuleType) -> bool:
        # Anything else that an extension's initialisation may return counts as undeclared.
        return not isinstance(module, _Module) or _memory(module)[offset : offset + size] == required

    return requires_gil


def _find() -> tuple[int, int, bytes] | None:
    """Offset and size (bytes) of the declaration in a module object, and its value where the GIL is required.

    Since 3.15 a C ``bool``, true for "required"; before, a pointer whose value is 1 for "not used". A module made by
    hand has made no declaration and so requires the GIL; the built-in ones all declare that they do not.
    """
    declared = [
        _memory(module)
        for module in list(sys.modules.values())
        if getattr(getattr(module, "__spec__", None), "origin", None) == "built-in"
    ]
    undeclared = [_memory(_Module(name)) for name in ("a", "b")]
    if sys.version_info >= (3, 15):
        size, required, not_used = 1, b"\1", b"\0"
    else:
        size = 8 if sys.maxsize > 2**32 else 4
        required, not_used = bytes(size), (1).to_bytes(size, sys.byteorder)
    offsets = [
        offset
        for offset in range(_HEADER, _SIZE - size + 1, size)
        if all(memory[offset : offset + size] == required for memory in undeclared)
        and all(memory[offset : offset + size] == not_used for memory in declared)
    ]
    return (offsets[0], size, required) if len(offsets) == 1 and len(declared) >= 4 else None


def _memory(module: ModuleType) -> bytes:
    try:
        descriptor = _open("/proc/self/mem", os.O_RDONLY | os.O_CLOEXEC)
        try:
            content = _pread(descriptor, _SIZE, id(module))
        finally:
            _close(descriptor)
    except OSError:
        import ctypes

        content = ctypes.string_at(id(module), _SIZE)
    return content


class _Transitions:
    """Second best: a module after which the GIL is on and stays on. With PYTHON_GIL=0 it sees nothing."""

    def __init__(self) -> None:
        self._enabled = self._now()

    def __call__(self, _module: ModuleType) -> bool:
        was, self._enabled = self._enabled, self._now()
        return self._enabled and not was

    def _now(self) -> bool:
        return bool(sys._is_gil_enabled())  # type: ignore[attr-defined]  # typeshed has it for 3.13 and up

"""Which extension module turned the GIL on, and which line of the program brought it in (free-threaded builds)."""

from __future__ import annotations

import os
import sys

from ungil.launch.inside import declaration

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ExtensionFileLoader, ModuleSpec
    from types import FrameType, ModuleType

_LIBRARY = tuple({os.path.dirname(path) + os.sep for path in (os.__file__, os.path.realpath(os.__file__))})
_UNGIL = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")

_reported = False
"""Whether a module of this process was reported before."""


def watch(notify: Callable[[dict[str, object]], None]) -> None:
    """Report each extension module that does not declare that it is safe without the GIL, when it is loaded.

    The loader's method is replaced, rather than ``_imp.create_dynamic`` below it: the frame from which the
    interpreter warns (``-W``, ``__warningregistry__``) is then the one it always is.
    """
    if getattr(sys.flags, "gil", None) == 1:
        return  # as the user wants it
    loader: type[ExtensionFileLoader] = sys.modules["_frozen_importlib_external"].ExtensionFileLoader
    requires_gil = declaration.reader()
    load = loader.create_module

    def create_module(self: ExtensionFileLoader, spec: ModuleSpec) -> ModuleType:
        try:
            module = load(self, spec)
        except RuntimeWarning as warning:
            # Warnings are errors here: the import fails, and the GIL is on all the same.
            if "GIL" in str(warning):
                _report(spec, notify)
            raise
        try:
            if requires_gil(module):
                _report(spec, notify)
        except Exception:
            pass  # the program's import is not to fail with us
        return module

    # Tracebacks of failed imports leave out the frames of importlib, and so ours.
    create_module.__code__ = create_module.__code__.replace(co_filename=load.__code__.co_filename)
    create_module.__qualname__, create_module.__doc__ = load.__qualname__, load.__doc__
    create_module.__module__ = load.__module__
    for module in list(sys.modules.values()):
        # Imported before us, by a .pth file of the environment.
        spec = getattr(module, "__spec__", None)
        if spec is not None and isinstance(spec.loader, loader) and requires_gil(module):
            _report(spec, notify)
    loader.create_module = create_module  # type: ignore[method-assign]  # that is what it is about


def _report(spec: ModuleSpec, notify: Callable[[dict[str, object]], None]) -> None:
    global _reported
    first, _reported = not _reported, True
    path, line = _place(sys._getframe(2))
    enabled = bool(sys._is_gil_enabled())  # type: ignore[attr-defined]  # typeshed has it for 3.13 and up
    notify(
        {
            "event": "gil",
            "pid": os.getpid(),
            "module": spec.name,
            "file": spec.origin,
            "path": path,
            "line": line,
            "enabled": enabled,
            "first": first,
        }
    )


def _place(frame: FrameType | None) -> tuple[str | None, int | None]:
    """The innermost frame of the user's own code; where there is none, of an installed package."""
    package: tuple[str | None, int | None] = (None, None)
    while frame is not None:
        path = frame.f_code.co_filename
        if any(part in path for part in _PACKAGES):
            if package[0] is None:
                package = (path, frame.f_lineno)
        elif not path.startswith(("<", _UNGIL, *_LIBRARY)):
            return path, frame.f_lineno
        frame = frame.f_back
    return package

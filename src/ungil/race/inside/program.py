"""The program as Python itself would run it: ``sys.argv``, ``sys.path``, ``__main__``."""

from __future__ import annotations

import os
import sys
from functools import partial

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from ungil.race.inside.loader import Code, Loader


_began: ModuleType
"""The ``__main__`` this process began with: 3.12 goes on using its namespace, and does not keep it."""


class Program:
    """A script, a directory or archive with a ``__main__``, or a module."""

    def __init__(self, python: str, argv: list[str], *, module: bool) -> None:
        self._command = [python, *(["-m"] if module else []), *argv]
        self._argv = argv
        self._module = module
        self._path = os.path.join(os.getcwd(), argv[0])  # as Python does it: ``./x.py`` is ``/here/./x.py``
        self._importable = not module and _is_importable(self._path)
        self._code: Code | None = None
        self._call: Callable[[], object] = self._leave_to_python

    @property
    def roots(self) -> list[str]:
        """Folders below which modules are the program's own."""
        script = [] if self._module else [os.path.dirname(self._path), os.path.dirname(os.path.realpath(self._path))]
        return [os.getcwd(), *([self._path] if self._importable else script)]

    def set_up(self) -> None:
        """What Python does before the program's first line."""
        sys.argv = ["-m", *self._argv[1:]] if self._module else list(self._argv)
        sys.orig_argv = list(self._command)
        if self._importable:
            sys.path.insert(0, self._path)
        elif not getattr(sys.flags, "safe_path", False):
            sys.path.insert(0, os.getcwd() if self._module else os.path.dirname(os.path.realpath(self._path)))

    def load(self, loader: Loader) -> None:
        """Instrument it, where it is a script."""
        if self._module:
            self._run_by_runpy(self._argv[0])
        elif self._importable:
            self._run_by_runpy("__main__", False)
        else:
            self._code = loader.script(self._path)
            if self._code is not None:
                self._call = partial(exec, self._code.code, _new_main(self._path))

    def start(self) -> Callable[[], object]:
        """The program, to be called in the process of a run."""
        if self._code is not None:
            try:
                self._code.warn()
            except Exception:
                return self._leave_to_python  # where a warning is an error, a script may not compile
        return self._call

    def _run_by_runpy(self, *arguments: object) -> None:
        import runpy

        _new_main(None)
        self._call = partial(runpy._run_module_as_main, *arguments)  # type: ignore[attr-defined]  # as Python does it

    def _leave_to_python(self) -> None:
        """Become a plain Python: what it refuses to run it refuses in its own words."""
        os.execv(self._command[0], self._command)


def _is_importable(path: str) -> bool:
    """Whether Python runs the ``__main__`` in it: a directory or archive, asked as Python asks."""
    for hook in sys.path_hooks:
        try:
            hook(path)
        except ImportError:
            continue
        return True
    return False


def _new_main(path: str | None) -> dict[str, Any]:
    """The namespace of ``__main__`` as a program's first line finds it: that of a script, or that of no file.

    Python takes ``__file__`` away from the namespace it began with when that has run: so it does with a script's.
    """
    global _began
    _began = module = sys.modules["__main__"]
    kept = {name: value for name, value in vars(module).items() if name.startswith("__") and name.endswith("__")}
    if path is None:
        sys.modules["__main__"] = module = type(sys)("__main__")
        kept["__loader__"] = sys.modules["_frozen_importlib"].BuiltinImporter
        kept.pop("__file__", None)
        kept.pop("__cached__", None)
    else:
        kept["__loader__"] = sys.modules["_frozen_importlib_external"].SourceFileLoader("__main__", path)
        kept["__file__"] = path
    module.__dict__.clear()
    module.__dict__.update(kept)
    return module.__dict__

"""What the server imports: its own modules, and those of the standard library that every run would import."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = (
    "__main__ site sitecustomize usercustomize antigravity this test idlelib lib2to3 distutils code pdb cmd "
    "readline rlcompleter tkinter turtle curses "
    # What these register for the exit has its place in the order of the program's own.
    "multiprocessing concurrent.futures.process"
)
_LEFT_ALONE = frozenset(_NAMES.split())
_PYTEST = frozenset(("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"))
"""To import these takes longer than most test suites, and does nothing else."""
_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")


class OwnImports:
    """While our own modules are imported: a module of the user's is not taken for one of the standard library's."""

    def __init__(self) -> None:
        folder = os.path.dirname(os.__file__)
        self._library = [entry for entry in sys.path if entry == folder or entry.endswith(("lib-dynload", ".zip"))]
        self._before = set(sys.modules)

    def __enter__(self) -> OwnImports:
        self._path, self._dont_write_bytecode = sys.path[:], sys.dont_write_bytecode
        sys.path[:] = self._library
        sys.dont_write_bytecode = False  # into Ungil's own folder, where that can be written
        return self

    def __exit__(self, *error: object) -> None:
        sys.path[:], sys.dont_write_bytecode = self._path, self._dont_write_bytecode

    def put_away_shadows(self) -> None:
        """Have the program import its own module where that is called like one that we have imported."""
        own: set[str] = set()
        for entry in sys.path[: next((at for at, entry in enumerate(sys.path) if entry in self._library), None)]:
            try:
                own.update(name.partition(".")[0] for name in os.listdir(entry or "."))
            except OSError:  # noqa: PERF203  # an archive, or nothing
                continue
        for name in set(sys.modules) - self._before:
            if name.partition(".")[0] in own - {"ungil"}:
                del sys.modules[name]

    def load(self, names: Iterable[str]) -> None:
        """Import modules in the order in which a run has: those that are known."""
        import warnings

        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            for name in names:
                if name in sys.modules or any(f"{name}.".startswith(f"{other}.") for other in _LEFT_ALONE):
                    continue
                path = sys.path[:]
                if not _is_pytests(name):
                    sys.path[:] = self._library
                try:
                    __import__(name)
                except Exception:
                    pass  # a run will meet it itself
                finally:
                    sys.path[:] = path
                if warned:
                    # It warns of its own import, which each run has to do then.
                    warned.clear()
                    sys.modules.pop(name, None)


def is_known(name: str) -> bool:
    """Whether an imported module is one of the standard library's or of pytest's, found where these should be."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    origin = getattr(spec, "origin", None)
    if spec is None or spec.name != name or not isinstance(origin, str):
        return False
    installed = "-packages" + os.sep in origin
    if _is_pytests(name):
        # Those it loads itself it may have changed.
        return installed and type(spec.loader).__name__ == "SourceFileLoader"
    return origin in ("built-in", "frozen") or (origin.startswith(_LIBRARY) and not installed)


def _is_pytests(name: str) -> bool:
    return name.partition(".")[0] in _PYTEST

"""Post-import hooks: change a module when, and only when, the program imports it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # type checkers know the name; `typing` itself is not imported before the program does
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    Callback = Callable[[ModuleType], None]

_callbacks: dict[str, list[Callback]] = {}


def when_imported(name: str, callback: Callback) -> None:
    """Call ``callback(module)`` after every execution of the module ``name``: its import and each reload.

    Runs at once as well where the module is imported already. What it raises is raised by the import.
    """
    _callbacks.setdefault(name, []).append(callback)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    module = sys.modules.get(name)
    if module is not None and not getattr(module.__spec__, "_initializing", False):
        callback(module)


def forget_all() -> None:
    """Take the finder off ``sys.meta_path``; what the callbacks changed stays changed."""
    _callbacks.clear()
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


class _Finder:
    """Finds the hooked modules, as the finders behind it do, and has their loader call back.

    It stays for as long as there are hooks, fired or not: a reload binds the module's names anew.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _callbacks:
            return None
        for finder in list(sys.meta_path):
            find_spec = getattr(finder, "find_spec", None)
            if finder is self or find_spec is None:
                continue
            spec: ModuleSpec | None = find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader)  # type: ignore[assignment]  # stands in for it, see below
                return spec
        return None

    def invalidate_caches(self) -> None:
        """Nothing is cached here; the finders behind are asked by importlib itself."""


class _Loader:
    """Stands in for a module's own loader until that has run, then is gone from module and spec."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    @property  # type: ignore[misc]  # so that isinstance() sees the module's own loader, as unittest.mock does it
    def __class__(self) -> type:
        return type(self._loader)

    def exec_module(self, module: ModuleType) -> None:
        # Before it runs, so that the module's own code sees nothing of us either.
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        module = sys.modules.get(module.__name__, module)  # a module may have put another object in its place
        for callback in list(_callbacks.get(module.__name__, ())):
            callback(module)


_finder = _Finder()

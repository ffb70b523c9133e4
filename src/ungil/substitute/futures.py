"""``concurrent.futures``: its three pools bound to the model, or kept, with their width set."""

from __future__ import annotations

import sys

from ungil.substitute import _notice
from ungil.substitute._hooks import when_imported

TYPE_CHECKING = False  # type checkers know the name; `typing` itself is not imported before the program does
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from ungil.substitute.settings import Settings

NATURES = {
    "ProcessPoolExecutor": "processes",
    "ThreadPoolExecutor": "threads",
    "InterpreterPoolExecutor": "interpreters",
}
"""The model each class is by itself."""

_MODULES = {
    "concurrent.futures.process": "ProcessPoolExecutor",
    "concurrent.futures.thread": "ThreadPoolExecutor",
    "concurrent.futures.interpreter": "InterpreterPoolExecutor",
}


def install(settings: Settings) -> None:
    """Bind each class as soon as its module is imported."""
    for module in _MODULES:
        when_imported(module, lambda module: _bind(module, settings))


def _bind(module: ModuleType, settings: Settings) -> None:
    name = _MODULES[module.__name__]
    real = getattr(module, name)
    if "_ungil_real" in vars(real):  # its own: InterpreterPoolExecutor inherits from the thread pool's
        return
    nature = NATURES[name]
    if keeps(nature, settings.model):
        _keep(real, nature, settings)
        return
    from ungil.substitute._futures_pool import replacement

    pool = replacement(real, nature, settings)
    setattr(module, name, pool)
    package = sys.modules.get("concurrent.futures")
    if package is not None and name in vars(package):
        setattr(package, name, pool)


def keeps(nature: str, model: str) -> bool:
    """Whether a pool of this nature stays what it is under the model."""
    return model in ("as-is", nature) or (model == "auto" and nature == "threads")


def _keep(real: Any, nature: str, settings: Settings) -> None:
    """Have the class itself say that a pool is made, and make it as wide as asked for."""
    import functools

    original: Callable[..., None] = real.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # it takes that one's place
        # A pool of the library's own (asyncio's threads), or a subclass calling up, is not the program's pool.
        if _notice.called_by_us() or (nature == "threads" and _notice.made_by_library()):
            original(self, *args, **kwargs)
            return
        asked = args[0] if args else kwargs.get("max_workers")
        if settings.model != "as-is":
            args, kwargs = _with_width(args, kwargs, asked, settings.workers)
        original(self, *args, **kwargs)
        pool = f"concurrent.futures.{real.__name__}"
        if settings.model == "as-is":
            _notice.made(pool, self._max_workers, asked, _has_initializer(args, kwargs))
        else:
            _notice.substituted(pool, self._max_workers, asked, _has_initializer(args, kwargs), model=nature)

    real.__init__ = __init__


def _with_width(
    args: tuple[Any, ...], kwargs: dict[str, Any], asked: Any, width: int | None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    # What the class refuses to take is left for it to refuse.
    if width is None or not (asked is None or (isinstance(asked, int) and asked > 0)):
        return args, kwargs
    if args:
        return (width, *args[1:]), kwargs
    return args, {**kwargs, "max_workers": width}


def _has_initializer(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    # The third argument of each of the three classes.
    return (args[2] if len(args) > 2 else kwargs.get("initializer")) is not None

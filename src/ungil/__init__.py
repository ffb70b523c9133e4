"""Ungil: does it pay to drop the GIL? Measured on your own, unmodified program.

The library's front door is :class:`Executor` and :func:`map`; everything else is the ``ungil`` command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ungil.version import VERSION as __version__  # noqa: N811  # the name that the outside asks for

if TYPE_CHECKING:
    from ungil.executor import Executor, map

__all__ = ["Executor", "__version__", "map"]


def __getattr__(name: str) -> Any:
    # Lazy: the package is also loaded into every program Ungil runs, most of which never open one of our pools.
    if name in ("Executor", "map"):
        from ungil import executor

        return getattr(executor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

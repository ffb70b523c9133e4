"""Executor: one pool for every model. The public library, also used without the command."""

from __future__ import annotations

TYPE_CHECKING = False  # substitution comes by here before the program's first import, `typing` included
if TYPE_CHECKING:
    from typing import Any

    from ungil.executor.executor import Executor, map
    from ungil.executor.sending import SendError

__all__ = ["Executor", "SendError", "map"]


def __getattr__(name: str) -> Any:
    # Lazy: a worker interpreter needs `far` alone, and is started often.
    if name in ("Executor", "map"):
        from ungil.executor import executor

        return getattr(executor, name)
    if name == "SendError":
        from ungil.executor.sending import SendError

        return SendError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

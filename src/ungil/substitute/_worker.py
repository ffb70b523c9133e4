"""What a task of a substituted pool is run inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def task(fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Run ``fn(*args, **kwargs)`` as a worker would: with what a worker has to itself, and its guards."""
    return fn(*args, **kwargs)

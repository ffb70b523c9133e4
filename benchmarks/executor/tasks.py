"""What the pools are given to do. Workers elsewhere import this file too, so it imports nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def noop(x: Any) -> Any:
    return x


def echo(x: Any) -> Any:
    """As ``noop``, under the name that the payload cases speak of."""
    return x


def spin(loops: int) -> None:
    """Pure Python that touches nothing shared: a loop over small numbers of its own."""
    for _ in range(loops):
        pass


class Owner:
    def noop(self, x: Any) -> Any:
        return x


def closure() -> Callable[[Any], Any]:
    """A lambda that reads a variable of the function around it."""
    kept = True
    return lambda x: x if kept else None

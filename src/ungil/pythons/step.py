"""How far a long job is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """What is being done now; ``done`` of ``total`` where that is known. A note is told once and stays."""

    what: str
    done: float | None = None
    total: float | None = None
    note: bool = False


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """For callers that tell nobody."""

"""What is measured, as the measured interpreter and the one that reports both know it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from entry import Entry


@dataclass(frozen=True)
class Case:
    name: str
    unit: str
    """What the figures are of one of."""
    how: str
    """What is done, in a sentence."""
    entries: Callable[[Sequence[int]], list[Entry]]
    """By the numbers of workers: one, unless ``grows``."""
    grows: bool = False
    """Whether several numbers of workers are measured in one run, to be set against each other."""
    longest: float | None = None
    """For efficiency: the longest task's share of all the work."""

"""What a running trial tells whoever watches it."""

from __future__ import annotations

from typing import Literal, Protocol

Kind = Literal["warm-up", "timed", "memory", "again"]
"""``again`` is the second run of the program as it is, made to see whether its output repeats."""


class Progress(Protocol):
    """Called from the thread that runs the trial, between runs and never during one."""

    def preparing(self, build: str, message: str) -> None:
        """The environment of ``build`` is being made; ``message`` is the latest step, in a few words."""

    def planned(self, runs: int, rows: int) -> None:
        """So many runs are to be made in all, over so many rows; called again when the plan changes."""

    def running(self, label: str, round_: int, rounds: int, kind: Kind) -> None:
        """A run of the row ``label`` starts, in round ``round_`` (from 1) of ``rounds``."""

    def finished(self, label: str, wall_s: float) -> None:
        """The run that started last has ended."""

    def time_left(self, seconds: float | None) -> None:
        """How long the rest will take; None where that cannot be said yet."""


class Silent:
    """The progress nobody watches."""

    def preparing(self, build: str, message: str) -> None:
        pass

    def planned(self, runs: int, rows: int) -> None:
        pass

    def running(self, label: str, round_: int, rounds: int, kind: Kind) -> None:
        pass

    def finished(self, label: str, wall_s: float) -> None:
        pass

    def time_left(self, seconds: float | None) -> None:
        pass

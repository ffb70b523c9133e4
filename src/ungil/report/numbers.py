"""Figures as people read them: units, and as many digits as the spread supports."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ungil.trial.figures import SMALLEST_DIFFERENCE, is_difference
from ungil.trial.result import Figure

MINUS = "−"


@dataclass(frozen=True)
class Unit:
    """A unit of the column or chart a figure stands in."""

    name: str
    size: float
    """How many seconds or bytes one of it is."""


def time_unit(seconds: Iterable[float]) -> Unit:
    """The unit to show all of ``seconds`` in, so that they compare at a glance."""
    return Unit("s", 1.0) if max(seconds, default=0) >= 1 else Unit("ms", 1e-3)


def memory_unit(sizes: Iterable[float]) -> Unit:
    """The unit (decimal, as disks and the rest of the world have it) to show all of ``sizes`` in."""
    largest = max(sizes, default=0)
    for unit in (Unit("GB", 1e9), Unit("MB", 1e6)):
        if largest >= 10 * unit.size:
            return unit
    return Unit("MB", 1e6) if largest >= 1e6 else Unit("kB", 1e3)


def median_of(figure: Figure, unit: Unit) -> str:
    """The median in three digits (all of a larger whole number), fewer where the spread supports fewer."""
    median = figure.median / unit.size
    supported = _decimals(median, _reach(figure) / unit.size)
    return rounded(median, min(supported, max(0, _decimals(median, 0))))


def with_spread(figure: Figure, unit: Unit) -> tuple[str, str | None]:
    """The median, and the ± that reaches both ends of its interval: None where one sample has no spread."""
    if len(figure.samples) < 2:
        return median_of(figure, unit), None
    median, spread = figure.median / unit.size, _reach(figure) / unit.size
    decimals = _decimals(median, spread)
    return rounded(median, decimals), rounded(max(spread, 10.0**-decimals), decimals)


@dataclass(frozen=True)
class Comparison:
    """A quantity against today's: ``same`` where the difference is inside the noise."""

    kind: Literal["less", "same", "more"]
    text: str
    """``1.9x`` for times, ``−37 %`` for sizes, ``same``."""


SAME = Comparison("same", "same")


def compare_time(ratio: Figure) -> Comparison:
    """How many times faster (``less``) or slower (``more``) than today."""
    if not is_difference(ratio):
        return SAME
    kind: Literal["less", "more"] = "more"
    if ratio.median < 1:
        kind = "less"
        ratio = Figure(1 / ratio.median, 1 / ratio.high, 1 / ratio.low, ())
    # Three digits are all a factor is ever used for, however quiet the machine was.
    decimals = min(_decimals(ratio.median, _reach(ratio)), _decimals(ratio.median, 0))
    return Comparison(kind, f"{rounded(ratio.median, decimals)}x")


def compare_size(ratio: float, ours: Figure | None, todays: Figure | None) -> Comparison:
    """How much less or more than today; ``ours`` and ``todays`` say how far either can be trusted."""
    if ours and todays and ours.low <= todays.high and todays.low <= ours.high:
        return SAME
    if abs(ratio - 1) < SMALLEST_DIFFERENCE:
        return SAME
    percent = round((ratio - 1) * 100)
    if percent >= 100:
        return Comparison("more", f"{rounded(ratio, 1 if ratio < 10 else 0)}x")
    return Comparison("less" if percent < 0 else "more", f"{'+' if percent > 0 else MINUS}{abs(percent)} %")


def duration(seconds: float) -> str:
    """For a reader who waits: ``40 s``, ``1 min 32 s``, ``2 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def rounded(value: float, decimals: int) -> str:
    """``value`` at ``decimals`` places, which may be negative (tens, hundreds)."""
    return f"{round(value, decimals):.{max(0, decimals)}f}"


def _reach(figure: Figure) -> float:
    return max(figure.high - figure.median, figure.median - figure.low)


def _decimals(value: float, spread: float) -> int:
    """Places at which ``value`` is worth quoting: down to the first digit of its spread.

    At most four digits of the value; three where there is no spread to go by. Whole numbers are left whole: tens
    that hide what two rows differ by would contradict their ratio, which is taken round by round.
    """
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    if spread <= 0:
        return 2 - magnitude
    return min(max(0, -math.floor(math.log10(spread))), 3 - magnitude)

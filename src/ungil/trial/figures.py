"""From samples to figures with their spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from ungil.trial.result import Figure

SMALLEST_DIFFERENCE = 0.03
"""A difference below 3 % is called none even where the spread is smaller: code layout alone moves a program by that
much (Mytkowicz et al., "Producing Wrong Data Without Doing Anything Obviously Wrong!", ASPLOS 2009)."""


def figure(samples: Sequence[float]) -> Figure:
    """Median and spread of at least one sample."""
    low, high = _interval_of_median(sorted(samples))
    return Figure(statistics.median(samples), low, high, tuple(samples))


def ratios(samples: Sequence[float], base: Sequence[float]) -> Figure:
    """``samples`` over ``base``, round by round; both hold one sample above 0 a round, from the first round on."""
    return figure([a / b for a, b in zip(samples, base, strict=False)])


def is_difference(ratio: Figure) -> bool:
    """Whether a paired ratio lies clear of 1: all of its interval, and its median by 3 % at the least."""
    clear = ratio.low > 1 or ratio.high < 1
    return clear and abs(ratio.median - 1) >= SMALLEST_DIFFERENCE


def relative_spread(of: Figure) -> float:
    """Half of the interval, as a share of the median."""
    return (of.high - of.low) / 2 / of.median if of.median else 0.0


def _interval_of_median(ordered: Sequence[float]) -> tuple[float, float]:
    """The order statistics that hold the true median with at least 95 % confidence.

    Distribution-free, by the binomial distribution (Conover, "Practical Nonparametric Statistics", 3.2). Below six
    samples no such pair exists: then the smallest and the largest.
    """
    count = len(ordered)
    outside, rank = 0.0, 0
    for k in range(count // 2):
        outside += math.comb(count, k) / 2**count
        if 2 * outside > 0.05:
            break
        rank = k + 1
    index = max(rank - 1, 0)
    return ordered[index], ordered[count - 1 - index]

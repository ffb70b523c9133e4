"""Samples to figures."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ungil.trial.figures import figure, is_difference, ratios, relative_spread

seconds = st.floats(min_value=1e-3, max_value=1e3)


@given(st.lists(seconds, min_size=1, max_size=40))
def test_the_interval_holds_the_median_and_lies_within_the_samples(samples: list[float]) -> None:
    of = figure(samples)
    assert min(samples) <= of.low <= of.median <= of.high <= max(samples)


@pytest.mark.parametrize("count", [6, 9, 15, 30])
def test_the_interval_holds_the_true_median_in_95_of_100_cases(count: int) -> None:
    source = random.Random(count)
    held = 0
    for _ in range(2000):
        of = figure([source.lognormvariate(0, 1) for _ in range(count)])
        held += of.low <= 1.0 <= of.high  # the median of this distribution is exp(0)
    assert held >= 0.94 * 2000


def test_few_samples_give_their_range() -> None:
    assert (figure([3, 1, 2]).low, figure([3, 1, 2]).high) == (1, 3)


def test_many_samples_leave_the_outliers_out() -> None:
    of = figure([1.0] * 20 + [50.0])
    assert (of.low, of.high) == (1.0, 1.0)


def test_a_drift_of_the_machine_cancels_out_of_paired_ratios() -> None:
    drift = [1.0, 1.4, 2.0, 1.2]
    ratio = ratios([2 * d for d in drift], drift)
    assert (ratio.low, ratio.median, ratio.high) == (2, 2, 2)


@pytest.mark.parametrize(
    ("samples", "differs"),
    [([1.5, 1.4, 1.6], True), ([1.02, 1.02, 1.02], False), ([1.5, 0.9, 1.4], False), ([0.5, 0.5, 0.6], True)],
)
def test_a_difference_is_clear_of_the_noise_and_of_three_per_cent(samples: list[float], differs: bool) -> None:
    assert is_difference(ratios(samples, [1, 1, 1])) is differs


def test_the_relative_spread_is_half_the_interval() -> None:
    assert relative_spread(figure([0.9, 1.0, 1.1])) == pytest.approx(0.1)

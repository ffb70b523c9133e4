from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ungil.report.numbers import (
    Comparison,
    Unit,
    compare_size,
    compare_time,
    duration,
    memory_unit,
    time_unit,
    with_spread,
)
from ungil.trial.figures import figure
from ungil.trial.result import Figure

S = Unit("s", 1)


@pytest.mark.parametrize(
    ("median", "reach", "text"),
    [
        (1.23456, 0.0321, ("1.23", "0.03")),
        (12.3456, 0.4, ("12.3", "0.4")),
        (754.321, 20, ("754", "20")),
        (2.0, 1e-9, ("2.000", "0.001")),  # four digits are enough, and a spread is never shown as none
        (0.00123, 0.0002, ("0.0012", "0.0002")),
    ],
)
def test_a_median_has_the_digits_its_spread_supports(median: float, reach: float, text: tuple[str, str]) -> None:
    assert text == with_spread(Figure(median, median - reach, median + reach, (median, median)), S)


def test_one_sample_has_no_spread() -> None:
    assert with_spread(figure([1.23456]), S) == ("1.23", None)


@given(st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=9))
def test_what_is_shown_is_the_figure_to_within_its_last_digit(samples: list[float]) -> None:
    of = figure(samples)
    median, spread = with_spread(of, S)
    assert spread is not None and float(spread) > 0
    assert abs(float(median) - of.median) <= float(spread)


def test_a_difference_inside_the_noise_is_not_shown_as_one() -> None:
    assert compare_time(Figure(0.8, 0.6, 1.01, ())).text == "same"
    assert compare_time(Figure(1.02, 1.019, 1.021, ())).text == "same", "clear of one, but too small to mean anything"
    assert compare_size(1.2, Figure(120, 90, 130, ()), Figure(100, 95, 105, ())).text == "same"
    assert compare_size(1.01, figure([101]), figure([100])).text == "same"


def test_times_are_compared_as_factors_and_sizes_as_percent() -> None:
    assert _pair(compare_time(Figure(0.52, 0.518, 0.522, ()))) == ("less", "1.92x")
    assert _pair(compare_time(Figure(1.4, 1.2, 1.6, ()))) == ("more", "1.4x")
    assert _pair(compare_size(0.39, None, None)) == ("less", "−61 %")
    assert _pair(compare_size(1.09, None, None)) == ("more", "+9 %")
    assert _pair(compare_size(2.4, None, None)) == ("more", "2.4x")


def _pair(comparison: Comparison) -> tuple[str, str]:
    return comparison.kind, comparison.text


def test_units_follow_the_largest_figure() -> None:
    assert [time_unit(times).name for times in ([0.02, 0.9], [0.02, 1.0])] == ["ms", "s"]
    assert [memory_unit([size]).name for size in (9e5, 2e6, 9.9e9, 1.2e10)] == ["kB", "MB", "MB", "GB"]
    assert time_unit([2]).name == "s" and time_unit([]).name == "ms"


def test_durations_are_for_a_reader_who_waits() -> None:
    assert [duration(s) for s in (-1, 40.2, 92.4, 7500)] == ["0 s", "40 s", "1 min 32 s", "2 h 5 min"]

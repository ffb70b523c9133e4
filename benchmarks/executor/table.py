"""Outcomes as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from case import Case
from outcome import Outcome, Row
from shown import columns, duration, spread

from ungil.trial.figures import figure

LEGEND = """\
CPU time is the whole process tree's. A figure is the median of the rounds. Ratios are taken round by round; in
brackets the interval of their median (95 % from six rounds on, the smallest and the largest below). "of ungil's" is the
time over that of the first row; efficiency is ideal over actual, 1 the most. What does not take part says why."""


def block(case: Case, outcome: Outcome, cores: int) -> str:
    """One case on one build."""
    count = " ".join(map(str, outcome.workers))
    gil = ", the GIL on" if outcome.gil_enabled else ""
    lines = [f"{outcome.build}{gil}  {case.name}, workers: {count}; per {case.unit}", f"  {case.how}"]
    if case.longest is not None and (limit := _limit_in_order(case.longest, min(outcome.workers[0], cores))) < 0.995:
        lines.append(f"  begun in their order, the tasks allow an efficiency of {limit:.2f} in wall time at the most")
    widths = (34, 9, 9, 20, 9, 20)
    cells = [_heading(case), *(_cells(case, outcome, row, cores) for row in outcome.rows)]
    lines += columns(cells, widths, left=(0, 3, 5))
    return "\n".join(lines)


def _heading(case: Case) -> list[str]:
    if case.longest is not None:
        what = "efficiency"
    elif case.grows:
        what = "of the fewest's"
    else:
        what = "of ungil's"
    return ["", case.unit + "s", "CPU", what, "wall", what]


def _cells(case: Case, outcome: Outcome, row: Row, cores: int) -> list[str]:
    if row.reason or not row.cpu_s:
        return [row.name, "–", (row.reason or "no round").splitlines()[0][:80]]
    compared = outcome.ratios(row) if case.longest is None else outcome.efficiencies(row, case.longest, cores)
    cpu, wall = map(spread, compared) if compared else ("", "")
    times = [duration(figure(samples).median) for samples in (row.cpu_s, row.wall_s)]
    return [row.name, f"{row.items:,}", times[0], cpu, times[1], wall, row.note]


def _limit_in_order(longest: float, at_once: int) -> float:
    """Of efficiency in wall time, where the longest task is begun last, when all the others are done."""
    return max(1 / at_once, longest) / ((1 - longest) / at_once + longest)


def lines(cases: list[Case]) -> Iterator[str]:
    """The cases by name, for ``--list``."""
    return (f"{case.name:34}{case.how}" for case in cases)

"""One runtime and all that was seen of the program on it."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ungil.launch import Program, Run
from ungil.trial import figures
from ungil.trial.outputs import How, Output, compare
from ungil.trial.plan import Runtime
from ungil.trial.result import Row, Status

BUSY_SHARE = 0.15
"""Others on the machine: from this share of its cores on they can decide what a program gets."""
WAIT_SHARE = 0.20
"""Waiting for a core: from this share of the CPU time used on it shows in the wall time."""


@dataclass
class Lane:
    """Filled in run by run; ``row`` says what it comes to so far."""

    runtime: Runtime
    python: str | None = None
    """The executable, in its environment; None where the program's dependencies can't be had on this build."""
    program: Program | None = None
    unavailable: str | None = None
    timed: list[Run] = field(default_factory=list)
    memory: list[Run] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    failures: list[tuple[Status, str]] = field(default_factory=list)
    kept_output: Path | None = None

    @property
    def open(self) -> bool:
        """Whether it is worth running again."""
        return self.unavailable is None and not self.failures

    @property
    def runs(self) -> list[Run]:
        return self.memory + self.timed

    def keep(self, stdout: Path, folder: Path) -> None:
        """Keep this output for the user to look at, once."""
        if self.kept_output is None:
            name = self.runtime.label.replace(" ", "-").replace("(", "").replace(")", "").replace(",", "")
            self.kept_output = folder / f"{name}.stdout"
            shutil.copyfile(stdout, self.kept_output)


def row(lane: Lane, today: Lane, how: How, counted: Sequence[int], cores: int) -> Row:
    """The lane as a row of the result, beside today's; of its timed runs those of the rounds that count."""
    runs = lane.runs
    timed, timed_today = ([one.timed[n] for n in counted if n < len(one.timed)] for one in (lane, today))
    status, reason, compared = _status(lane, today, how)
    wall = [run.wall_s for run in timed]
    ratio = figures.ratios(wall, [run.wall_s for run in timed_today]) if wall and timed_today else None
    peaks = [run.peak_bytes for run in lane.memory if run.peak_bytes is not None]
    today_peaks = [run.peak_bytes for run in today.memory if run.peak_bytes is not None]
    peak = figures.figure(peaks) if peaks else None
    memory_ratio = peak.median / figures.figure(today_peaks).median if peak and today_peaks else None
    last = runs[-1] if runs else None
    pools = (last.substituted or last.pools) if last else ()
    startups = [run.startup_s for run in timed if run.startup_s is not None]
    return Row(
        build=lane.runtime.build.spec,
        model=lane.runtime.model,
        workers=max((pool.workers for pool in pools), default=None),
        status=status,
        reason=reason,
        variant=lane.runtime.variant,
        wall_s=figures.figure(wall) if wall else None,
        startup_s=figures.figure(startups) if startups else None,
        cpu_s=figures.figure([run.cpu_s for run in timed]) if wall else None,
        peak_bytes=peak,
        ratio_to_today=ratio.median if ratio else None,
        ratio_to_today_low=ratio.low if ratio else None,
        ratio_to_today_high=ratio.high if ratio else None,
        memory_ratio_to_today=memory_ratio,
        same_output=None if compared == "not-compared" else compared is not None if lane.outputs else None,
        compared_as=compared,
        exit_status=last.exit_status if last else None,
        free_threaded=lane.runtime.build.free_threaded,
        gil_enabled_at_start=last.gil_enabled_at_start if last else None,
        gil_enabled_at_exit=last.gil_enabled_at_exit if last else None,
        gil_enabled_by=last.gil_enabled_by if last else (),
        pools=last.pools if last else (),
        substituted=last.substituted if last else (),
        named=tuple(dict.fromkeys(notice for run in runs for notice in run.named)),
        wait_s=figures.figure([run.wait_s for run in timed]) if wall else None,
        other_cpu_s=figures.figure([run.other_cpu_s for run in timed]) if wall else None,
        reliable=_is_reliable(timed, cores),
        today=lane is today,
        output_path=str(lane.kept_output) if lane.kept_output else None,
    )


def _status(lane: Lane, today: Lane, how: How) -> tuple[Status, str | None, How | None]:
    if lane.unavailable is not None:
        return "unavailable", lane.unavailable, None
    if lane.failures:
        status, reason = lane.failures[0]
        if lane.timed:
            reason += f" (in one run of {len(lane.runs)})"
        return status, reason, None
    if not lane.outputs or not today.outputs:
        return "ok", None, "not-compared"
    return _compared(lane, today, how)


def _compared(lane: Lane, today: Lane, how: How) -> tuple[Status, str | None, How | None]:
    if lane is today:
        reason = {
            "sorted-lines": "its output differs from itself in the order of lines: compared as sorted lines",
            "not-compared": "its output differs from itself: not compared",
        }.get(how)
        return "ok", reason, how
    seen = [compare(output, today.outputs[0], how) for output in lane.outputs]
    if differing := seen.count(None):
        runs = "every run" if differing == len(seen) else f"{differing} of {len(seen)} runs"
        return "differs", f"the output differs from today's in {runs}", None
    if how == "bytes" and "sorted-lines" in seen:
        return "ok", "the same lines in another order", "sorted-lines"
    return "ok", None, how


def disturbed(run: Run, cores: int) -> bool:
    """Others took cores away *and* tasks had to wait for one: a program also waits for itself."""
    busy = run.other_cpu_s / (run.wall_s * cores)
    return busy >= BUSY_SHARE and run.wait_s >= WAIT_SHARE * run.cpu_s


def _is_reliable(runs: Sequence[Run], cores: int) -> bool:
    """Judged by the median run: one disturbed round of several, which the medians pass over, does not count."""
    if not runs:
        return True
    return not statistics.median_low([disturbed(run, cores) for run in runs])

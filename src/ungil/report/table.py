"""The table of a trial in words: what the terminal and the page both show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from ungil.report import numbers
from ungil.report.numbers import Comparison, Unit
from ungil.trial.result import Figure, Row, Trial

Tone = Literal["plain", "good", "bad", "warn", "quiet", "strong"]
NOTHING = "–"
_SHORT = 60
"""A reason of so many characters may be repeated in every row."""


@dataclass(frozen=True)
class Cell:
    """What stands in one cell, and how it is meant."""

    text: str
    tone: Tone = "plain"


_NO_TIME = {
    "ok": Cell(NOTHING, "quiet"),
    "differs": Cell("differs", "bad"),
    "failed": Cell("failed", "bad"),
    "timeout": Cell("timeout", "bad"),
    "unavailable": Cell("unavailable", "quiet"),
}


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    build: Cell
    model: Cell
    workers: Cell
    wall: Cell
    speed: Cell
    cpu: Cell
    peak: Cell
    memory: Cell
    output: Cell
    gil: Cell
    notes: tuple[Cell, ...]
    """What the reader has to know about this row, a sentence each."""
    today: bool

    def cells(self) -> tuple[Cell, ...]:
        return tuple(getattr(self, field.name) for field in fields(self) if field.name not in ("notes", "today"))


@dataclass(frozen=True)
class Table:
    """All rows, with the units their columns are in and what the signs mean."""

    wall_unit: Unit
    cpu_unit: Unit
    peak_unit: Unit
    lines: tuple[Line, ...]
    legend: tuple[str, ...]


def table_of(trial: Trial) -> Table:
    wall_unit, cpu_unit, peak_unit = units_of(trial)
    today = next((row for row in trial.rows if row.today), None)
    told: dict[tuple[str, str], str] = {}
    lines = tuple(_line(row, today, (wall_unit, cpu_unit, peak_unit), told) for row in trial.rows)
    return Table(wall_unit, cpu_unit, peak_unit, lines, tuple(_legend(trial)))


def units_of(trial: Trial) -> tuple[Unit, Unit, Unit]:
    """Of wall time, CPU time and peak memory, each the same for every row."""
    wall, cpu, peak = (
        [figure.median for figure in figures if figure]
        for figures in (
            [row.wall_s for row in trial.rows],
            [row.cpu_s for row in trial.rows],
            [row.peak_bytes for row in trial.rows],
        )
    )
    return numbers.time_unit(wall), numbers.time_unit(cpu), numbers.memory_unit(peak)


def label_of(row: Row) -> str:
    """The row's name where it stands alone: ``3.14t threads (initializer once)``."""
    return f"{row.build} {row.model}" + (f" ({row.variant})" if row.variant else "")


def gil_came_back(row: Row) -> bool:
    """A free-threaded build that did not stay free-threaded."""
    return bool(row.free_threaded and row.gil_enabled_at_exit)


def ratio_of(row: Row) -> Figure | None:
    """Wall time over today's, with its interval."""
    median, low, high = row.ratio_to_today, row.ratio_to_today_low, row.ratio_to_today_high
    if median is None:
        return None
    return Figure(median, median if low is None else low, median if high is None else high, ())


def _line(row: Row, today: Row | None, units: tuple[Unit, Unit, Unit], told: dict[tuple[str, str], str]) -> Line:
    wall_unit, cpu_unit, peak_unit = units
    return Line(
        build=Cell(row.build),
        model=Cell(_model(row)),
        workers=Cell(NOTHING, "quiet") if row.workers is None else Cell(str(row.workers)),
        wall=_wall(row, wall_unit),
        speed=_speed(row),
        cpu=_figure(row.cpu_s, cpu_unit),
        peak=_figure(row.peak_bytes, peak_unit),
        memory=_memory(row, today),
        output=_output(row),
        gil=_gil(row),
        notes=tuple(_notes(row, told)),
        today=row.today,
    )


def _model(row: Row) -> str:
    """The variant stands with the model, except where the column of workers says it already."""
    parts = (row.variant or "").split(", ")
    width = () if row.workers is None else (f"{row.workers} workers", f"{row.workers} worker")
    return ", ".join([row.model, *(part for part in parts if part and part not in width)])


def _wall(row: Row, unit: Unit) -> Cell:
    if row.wall_s is None:
        return Cell(row.status if row.status != "ok" else NOTHING, "quiet" if row.status == "unavailable" else "bad")
    median, spread = numbers.with_spread(row.wall_s, unit)
    text = median if spread is None else f"{median} ± {spread}"
    return Cell(text, "strong") if row.reliable else Cell(f"{text} ?", "warn")


def _speed(row: Row) -> Cell:
    if row.today:
        return Cell("today", "strong")
    ratio = ratio_of(row)
    if ratio is None:
        return Cell(NOTHING, "quiet")
    comparison = numbers.compare_time(ratio)
    words = {"less": "faster", "more": "slower", "same": ""}[comparison.kind]
    return Cell(f"{comparison.text} {words}".rstrip(), _tone(comparison) if row.reliable else "warn")


def _memory(row: Row, today: Row | None) -> Cell:
    if row.today:
        return Cell("today", "strong")
    if row.memory_ratio_to_today is None:
        return Cell(NOTHING, "quiet")
    todays = today.peak_bytes if today else None
    comparison = numbers.compare_size(row.memory_ratio_to_today, row.peak_bytes, todays)
    return Cell(comparison.text, _tone(comparison))


def _tone(comparison: Comparison) -> Tone:
    tones: dict[str, Tone] = {"less": "good", "more": "bad", "same": "quiet"}
    return tones[comparison.kind]


def _figure(figure: Figure | None, unit: Unit) -> Cell:
    return Cell(NOTHING, "quiet") if figure is None else Cell(numbers.median_of(figure, unit))


def _output(row: Row) -> Cell:
    if row.same_output is None:
        return Cell(NOTHING, "quiet")
    if not row.same_output:
        return Cell("no", "bad")
    return Cell("sorted" if row.compared_as == "sorted-lines" else "yes")


def _gil(row: Row) -> Cell:
    if row.gil_enabled_at_exit is None:
        return Cell(NOTHING, "quiet")
    if row.free_threaded:
        return Cell("on !", "bad") if row.gil_enabled_at_exit else Cell("off", "good")
    return Cell("on" if row.gil_enabled_at_exit else "off")


def _notes(row: Row, told: dict[tuple[str, str], str]) -> Iterator[Cell]:
    if row.status == "ok":
        if row.reason:
            yield Cell(row.reason, "quiet")
    else:
        why = _why(row, told)
        tone: Tone = "quiet" if row.status == "unavailable" else "bad"
        yield Cell(f"{row.status}: {why}" if why else row.status, tone)
    if gil_came_back(row):
        modules = dict.fromkeys(change.module for change in row.gil_enabled_by)
        by = f"was turned back on by {', '.join(modules)}" if modules else "was on although the build is free-threaded"
        yield Cell(f"the GIL {by}", "bad")
    if not row.reliable:
        yield Cell(f"unreliable: the machine was busy{_disturbance(row)}", "warn")
    if row.output_path:
        yield Cell(f"its output was kept in {row.output_path}", "quiet")


def _why(row: Row, told: dict[tuple[str, str], str]) -> str | None:
    """The reason of a row that went wrong; one that is long and was ``told`` of another row names that row."""
    if not row.reason or len(row.reason) <= _SHORT:
        return row.reason or _end(row.exit_status)
    first = told.setdefault((row.status, row.reason), label_of(row))
    return row.reason if first == label_of(row) else f"for the same reason as {first}"


def _end(exit_status: int | None) -> str | None:
    if not exit_status:
        return None
    return f"exit status {exit_status}" if exit_status > 0 else f"ended by signal {-exit_status}"


def _disturbance(row: Row) -> str:
    parts = []
    if row.wait_s:
        parts.append(f"work waited {numbers.median_of(row.wait_s, Unit('s', 1))} s for a core")
    if row.other_cpu_s:
        parts.append(f"other processes used {numbers.median_of(row.other_cpu_s, Unit('s', 1))} s of CPU")
    return f" ({', '.join(parts)} a run)" if parts else ""


def _legend(trial: Trial) -> Iterator[str]:
    sizes = [len(row.wall_s.samples) for row in trial.rows if row.wall_s]
    if sizes and max(sizes) > 1:
        if min(sizes) >= 6:
            yield "± is the 95 % confidence interval of the median"
        else:
            yield "± reaches the smallest and the largest round"
    if any(row.ratio_to_today is not None and not row.today for row in trial.rows):
        yield "against today: the median of the rounds' own ratios; same: no difference beyond the noise"
    if any(row.peak_bytes for row in trial.rows):
        yield "peak memory is that of the whole process tree, shared pages counted once"
    if any(row.same_output and row.compared_as == "sorted-lines" for row in trial.rows):
        yield "sorted: the same lines, whatever their order"
    if any(gil_came_back(row) for row in trial.rows):
        yield "on !: a free-threaded build whose GIL was on"
    if any(not row.reliable for row in trial.rows):
        yield "?: unreliable, the machine was busy"

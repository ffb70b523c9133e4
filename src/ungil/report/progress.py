"""The live line on standard error while a trial runs."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column
from rich.text import Text

from ungil.report.numbers import duration
from ungil.report.text import encodable, visible
from ungil.trial.progress import Kind, Progress, Silent

_KINDS: dict[Kind, str] = {
    "warm-up": "warm-up",
    "timed": "round",
    "memory": "memory round",
    "again": "again, to see whether the output repeats",
}


def progress(console: Console | None = None) -> LiveProgress | LineProgress:
    """What shows the progress of a trial best on ``console`` (default: standard error); a context manager."""
    console = console or Console(stderr=True)
    return LiveProgress(console) if console.is_terminal else LineProgress()


class LiveProgress(Progress):
    """One line that is redrawn, and gone when the trial is done."""

    def __init__(self, console: Console) -> None:
        self._encoding = console.encoding
        # Once a second: what draws it runs beside the program that is being timed.
        self._bar = Bar(
            SpinnerColumn("line"),
            TextColumn(
                "{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")
            ),
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            _TimeLeft(table_column=Column(no_wrap=True)),
            console=console,
            transient=True,
            expand=True,
            refresh_per_second=1,
        )
        self._task = self._bar.add_task("", total=None, left=None)

    def __enter__(self) -> LiveProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def preparing(self, build: str, message: str) -> None:
        self._say(f"{build}: {message}")

    def planned(self, runs: int, rows: int) -> None:
        self._bar.update(self._task, total=runs)

    def running(self, label: str, round_: int, rounds: int, kind: Kind) -> None:
        self._say(f"{_stage(round_, rounds, kind)}: {label}")

    def finished(self, label: str, wall_s: float) -> None:
        self._bar.advance(self._task)

    def time_left(self, seconds: float | None) -> None:
        self._bar.update(self._task, left=None if seconds is None else time.monotonic() + seconds)

    def _say(self, text: str) -> None:
        self._bar.update(self._task, description=encodable(visible(text), self._encoding), refresh=True)


class LineProgress(Silent):
    """A plain line a round, for a log."""

    def __init__(self) -> None:
        self._stage = ""
        self._left: float | None = None

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def running(self, label: str, round_: int, rounds: int, kind: Kind) -> None:
        stage = _stage(round_, rounds, kind)
        if stage != self._stage:
            self._stage = stage
            left = "" if self._left is None else f", about {duration(self._left)} left"
            sys.stderr.write(f"ungil: {stage}{left}\n")
            sys.stderr.flush()

    def time_left(self, seconds: float | None) -> None:
        self._left = seconds


class _TimeLeft(ProgressColumn):
    """Counts down between two estimates."""

    def render(self, task: Task) -> Text:
        until = task.fields["left"]
        if until is None:
            return Text()
        return Text(f"about {duration(until - time.monotonic())} left", "dim")


def _stage(round_: int, rounds: int, kind: Kind) -> str:
    return f"{_KINDS[kind]} {round_} of {rounds}" if kind in ("timed", "memory") else _KINDS[kind]

"""How interpreter builds look on the terminal, and the progress of getting one."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

from ungil.pythons import Build, Step, Survey
from ungil.pythons import Progress as Told
from ungil.report.text import encodable, visible


def print_survey(survey: Survey, console: Console) -> None:
    """The builds of a machine: a table, and what to know beside it."""
    if survey.builds:
        table = _table(survey.builds, console)
        # Never narrower than its content: a path in pieces can't be copied, nor found by grep.
        console.width = max(
            console.width, Measurement.get(console, console.options.update(max_width=10_000), table).maximum
        )
        console.print(table)
    for line in _remarks(survey):
        console.print(_text(line, console), soft_wrap=True)


def print_builds(builds: Iterable[Build], console: Console) -> None:
    """Builds that were got: a line each."""
    for build in builds:
        console.print(_text(f"{build.spec} ({build.version}): {build.executable}", console), soft_wrap=True)


def _table(builds: Iterable[Build], console: Console) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("build", no_wrap=True, style="bold")
    table.add_column("version", no_wrap=True)
    table.add_column("GIL", no_wrap=True)
    table.add_column("optimised", no_wrap=True)
    table.add_column("has", no_wrap=True)
    table.add_column("executable", no_wrap=True)
    for build in builds:
        cells = [build.spec, build.version or "–"]
        if build.error is None:
            cells += ["on" if build.gil_enabled else "off", _optimised(build), ", ".join(_has(build)) or "–"]
            styles = ["", "", "green" if build.gil_enabled is False else "", "", "", ""]
        else:
            cells += ["–", "–", f"broken: {build.error}"]
            styles = ["", "dim", "dim", "dim", "red", ""]
        cells.append(build.executable)
        table.add_row(*(_text(cell, console, style) for cell, style in zip(cells, styles, strict=True)))
    return table


def _optimised(build: Build) -> str:
    if build.pgo is None and build.lto is None:
        return "unknown"
    return "+".join(name for name, had in (("PGO", build.pgo), ("LTO", build.lto)) if had) or "no"


def _has(build: Build) -> Iterator[str]:
    """What sets a build apart, in the order of what matters for a trial."""
    if build.debug:
        yield "debug"
    if build.interpreters:
        yield "interpreters"
    if build.remote_debugging:
        yield "remote debugging"
    if build.tail_call:
        yield "tail calls"
    if build.jit in ("available", "enabled"):
        yield "JIT" if build.jit == "enabled" else "JIT (off)"


def _remarks(survey: Survey) -> Iterator[str]:
    working = [build for build in survey.builds if build.error is None]
    if not survey.builds:
        yield "no interpreter build found"
    if not any(build.free_threaded for build in working):
        yield "no free-threaded build: `ungil pythons install --pair` gets one, and its twin with the GIL"
    if survey.too_old:
        versions = ", ".join(build.version or "?" for build in survey.too_old)
        yield f"left out, older than 3.10: {versions}"


def _text(text: str, console: Console, style: str = "") -> Text:
    return Text(encodable(visible(text), console.encoding), style)


@contextmanager
def told(console: Console | None = None) -> Iterator[Told]:
    """What shows the steps of an installation on ``console`` (default: standard error): one live line on a terminal,
    else a plain line for each step. Notes stay in both."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    bar = Progress(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
        BarColumn(bar_width=16),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        expand=True,
        refresh_per_second=4,
    )
    task = bar.add_task("", total=None)
    what = ""

    def show(step: Step) -> None:
        nonlocal what
        if step.note:
            bar.console.print(_text(step.what, console, "dim"), soft_wrap=True)
            return
        if step.what != what:
            bar.reset(task)
            what = step.what
        count = f": file {step.done:.0f} of {step.total:.0f}" if step.total and step.total != 100 and step.done else ""
        description = encodable(visible(step.what + count), console.encoding)
        bar.update(task, description=description, completed=step.done or 0, total=step.total)

    with bar:
        yield show


def _lines() -> Told:
    shown = ""

    def show(step: Step) -> None:
        nonlocal shown
        if step.what != shown:
            shown = step.what
            sys.stderr.write(f"ungil: {visible(step.what)}\n")
            sys.stderr.flush()

    return show

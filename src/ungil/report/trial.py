"""A trial on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from ungil.report import remarks, table
from ungil.report.layout import Column, Entry, indented, lay_out
from ungil.report.numbers import duration
from ungil.report.remarks import Remark
from ungil.report.table import Cell, Line, Table, Tone
from ungil.report.text import command_of
from ungil.report.writer import Writer, write
from ungil.trial.result import Trial, Verdict, VerdictCode

FOLD = 6
"""A list longer than this is folded on the terminal; the page and the JSON document have all of it."""

_STYLES: dict[Tone, str] = {
    "plain": "",
    "strong": "bold",
    "good": "green",
    "bad": "red",
    "warn": "yellow",
    "quiet": "dim",
}
_VERDICTS: dict[VerdictCode, str] = {
    "move-to-threads": "bold green",
    "use-interpreters": "bold green",
    "stay-with-processes": "bold cyan",
    "stay-serial": "bold cyan",
    "gil-turned-on": "bold yellow",
    "not-safe": "bold red",
    "no-difference": "bold cyan",
    "cannot-tell": "bold yellow",
}


def print_trial(trial: Trial, console: Console) -> None:
    """Write the whole report of ``trial`` to ``console``: of nothing but the trial and the console's width."""
    write(_Report(trial, console).everything(), console)


class _Report(Writer):
    """The parts of the report, line by line."""

    def __init__(self, trial: Trial, console: Console) -> None:
        super().__init__(console)
        self.trial = trial

    def everything(self) -> Iterator[Text]:
        yield from self.heading()
        yield from self.table()
        yield from self.trade_offs()
        yield from self.notes()
        yield from self.verdict()
        yield from self.remarks("Pools", remarks.substitutions(self.trial))
        yield from self.remarks("Could not be carried over, or may behave differently", remarks.named(self.trial))
        yield from self.remarks("Turned the GIL back on", remarks.gil_modules(self.trial))

    def heading(self) -> Iterator[Text]:
        trial = self.trial
        yield self.wrapped(command_of(trial.argv), "bold")
        rounds = f"{trial.rounds} round{'' if trial.rounds == 1 else 's'}"
        cores = f"{trial.cores} core{'' if trial.cores == 1 else 's'}"
        compared = "nothing compared" if trial.same == "none" else f"{trial.same} compared"
        yield self.wrapped(f"{rounds} on {cores} in {duration(trial.elapsed_s)}, {compared}", "dim")
        if not trial.complete:
            yield self.wrapped("Not complete: the trial was stopped before its last run.", "yellow")
        yield Text()

    def table(self) -> Iterator[Text]:
        shown = table.table_of(self.trial)
        if not shown.lines:
            yield self.say("No runtime was tried.")
            return
        entries = [self.entry(line) for line in shown.lines]
        lines = list(lay_out(_columns(shown), entries, self.console))
        if lines:
            yield from lines
        else:
            for line in shown.lines:
                yield from self.stacked(line, shown)
        if shown.legend:
            yield Text()
            yield self.wrapped(". ".join(shown.legend) + ".", "dim")

    def entry(self, line: Line) -> Entry:
        return Entry([self.cell(cell) for cell in line.cells()], [self.cell(note) for note in line.notes])

    def cell(self, cell: Cell) -> Text:
        return self.say(cell.text, _STYLES[cell.tone])

    def stacked(self, line: Line, shown: Table) -> Iterator[Text]:
        """A row for a console too narrow for columns."""
        yield self.say(f"{line.build.text} {line.model.text}", "bold")
        facts = [
            ("", line.wall, f" {shown.wall_unit.name}"),
            ("", line.speed, ""),
            ("workers ", line.workers, ""),
            ("CPU ", line.cpu, f" {shown.cpu_unit.name}"),
            ("peak memory ", line.peak, f" {shown.peak_unit.name}"),
            ("memory against today ", line.memory, ""),
            ("same output: ", line.output, ""),
            ("GIL at exit: ", line.gil, ""),
        ]
        said = [
            before + cell.text + (unit if cell.text[:1].isdigit() else "")
            for before, cell, unit in facts
            if cell.text != table.NOTHING
        ]
        for text in (self.say(", ".join(said)), *(self.cell(note) for note in line.notes)):
            yield indented(text, 2, self.console)

    def trade_offs(self) -> Iterator[Text]:
        if not self.trial.trade_offs:
            return
        yield from self.title("Trade-offs")
        for trade_off in self.trial.trade_offs:
            caveat = f" ({trade_off.caveat})" if trade_off.caveat else ""
            yield self.bullet(trade_off.sentence + caveat)

    def notes(self) -> Iterator[Text]:
        if self.trial.notes:
            yield from self.title("Notes")
            yield from map(self.bullet, self.trial.notes)

    def verdict(self) -> Iterator[Text]:
        yield from self.title("Verdict")
        verdict = self.trial.verdict
        if verdict is None:
            yield self.wrapped("None yet: the trial was not finished.", "yellow")
            return
        yield self.wrapped(verdict.sentence, _VERDICTS[verdict.code])
        yield from map(self.bullet, verdict.reasons)
        yield from self.next(verdict)

    def next(self, verdict: Verdict) -> Iterator[Text]:
        if verdict.next:
            yield Text()
            yield self.say(f"Next: {verdict.next}", "bold")  # not wrapped: it is there to be copied

    def remarks(self, title: str, found: Sequence[Remark]) -> Iterator[Text]:
        if not found:
            return
        yield from self.title(title)
        # One line more is as long as the line that would say so.
        shown = found if len(found) <= FOLD + 1 else found[:FOLD]
        for remark in shown:
            rows = f" [{remark.rows}]" if remark.rows else ""
            yield self.bullet(f"{remark.place}: {remark.text}{rows}" if remark.place else remark.text + rows)
        if len(found) > len(shown):
            yield self.bullet(f"… and {len(found) - len(shown)} more, see --json")


def _columns(shown: Table) -> Sequence[Column]:
    return (
        Column(("build", ""), ("build", "")),
        Column(("model", ""), ("model", ""), wraps=True),
        Column(("workers", ""), ("work-", "ers"), "right"),
        Column(("wall time", shown.wall_unit.name), ("wall time", shown.wall_unit.name), "right"),
        Column(("against", "today"), ("against", "today")),
        Column(("CPU", shown.cpu_unit.name), ("CPU", shown.cpu_unit.name), "right"),
        Column(("peak memory", shown.peak_unit.name), ("peak", shown.peak_unit.name), "right"),
        Column(("against", "today"), ("to", "today"), "right"),
        Column(("same", "output"), ("same", "out")),
        Column(("GIL at", "exit"), ("GIL", "")),
    )

"""What ``ungil race`` found, on the terminal."""

from __future__ import annotations

import shlex
import signal
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from ungil.finding import Finding
from ungil.race.kinds import KINDS
from ungil.race.result import Explored, Race
from ungil.report.findings import FindingWriter
from ungil.report.numbers import duration
from ungil.report.text import command_of, visible
from ungil.report.writer import write

_BY = {"comment": "by a comment", "baseline": "in the baseline"}
_STRATEGIES = {
    "observe": "to observe",
    "force": "to force one window",
    "cross": "to have locks taken crosswise",
    "delay": "to hold a thread where it synchronises",
    "pct": "with random priorities (PCT)",
    "random": "in random order",
    "noise": "with random delays",
    "replay": "replayed",
}


def print_race(race: Race, console: Console, notes: bool = False) -> None:
    """Write the whole report of ``race`` to ``console``: of nothing but the result and the console's width.

    ``notes``: with the harmless idioms that look like races.
    """
    write(_Report(race, console, notes).everything(), console)


def command_again(race: Race, finding: Finding) -> str | None:
    """The command line that shows the finding once more; None where nothing is known that would."""
    replay, seed = finding.evidence.get("replay"), finding.evidence.get("seed", race.seed)
    if replay is not None:
        options = ["--replay", str(replay)]
    elif seed is not None:
        options = ["--seed", str(seed)]
    else:
        return None
    program = (["-m"] if race.module else []) + list(race.argv)
    return visible(shlex.join([*(race.command or ("ungil", "race")), *options, *program]))


class _Report(FindingWriter):
    def __init__(self, race: Race, console: Console, notes: bool) -> None:
        super().__init__(console)
        self.race = race
        self.with_notes = notes

    def everything(self) -> Iterator[Text]:
        race = self.race
        yield self.wrapped(command_of((("-m", *race.argv)) if race.module else race.argv), "bold")
        yield self.wrapped(self.runtime(), "dim")
        for finding in race.findings:
            yield Text()
            yield from self.one(finding)
        if race.notes and self.with_notes:
            yield from self.title("Notes: these look like races, and are harmless")
            for at, note in enumerate(race.notes):
                yield from [Text()] if at else ()
                yield from self.one(note)
        yield from self.title("Result")
        yield self.summary()
        yield self.bullet(self.end())
        yield from (Text("    ") + self.say(line) for line in race.program.output)
        yield from map(self.bullet, self.facts())
        yield from self.title("Explored")
        yield self.wrapped(" ".join(_explored(race.explored)))
        yield from self.not_controlled()

    def one(self, finding: Finding) -> Iterator[Text]:
        kind = KINDS.get(finding.code)
        return self.finding(finding, kind.sentence if kind else None, command_again(self.race, finding))

    def runtime(self) -> str:
        race = self.race
        parts = [race.build]
        if race.gil_enabled is not None:
            parts.append("GIL on" if race.gil_enabled else "GIL off")
        parts.append("C core" if race.core == "c" else "plain Python core (no C core could be had: slower)")
        if race.seed is not None:
            parts.append(f"seed {race.seed}")
        return ", ".join(parts)

    def summary(self) -> Text:
        count = Counter(finding.status for finding in self.race.findings)
        if not count:
            well = self.race.program.exit_status == 0
            return self.wrapped("No schedule that was run broke the program.", "bold green" if well else "bold yellow")
        said = _many(count["confirmed"], "confirmed finding") if count["confirmed"] else "Nothing confirmed"
        if count["possible"]:
            said += f", {count['possible']} possible"
        return self.wrapped(said + ".", "bold red" if count["confirmed"] else "bold yellow")

    def facts(self) -> Iterator[str]:
        race = self.race
        known = Counter(suppressed.by for suppressed in race.suppressed)
        if known:
            said = ", ".join(f"{number} {_BY[by]}" for by, number in known.items())
            yield f"known and not shown: {said}"
        if race.notes and not self.with_notes:
            one = len(race.notes) == 1
            yield f"{len(race.notes)} harmless idiom{' that looks' if one else 's that look'} like a race: see --notes"
        yield from race.remarks

    def end(self) -> str:
        ended = self.race.program
        after = "" if ended.wall_s is None else f" after {_time(ended.wall_s)}"
        if ended.timed_out:
            return f"left to itself, the program had not ended{after} and was stopped"
        if ended.signal is not None:
            return f"left to itself, the program was ended by {_signal(ended.signal)}{after}"
        return f"left to itself, the program ended with exit status {ended.exit_status}{after}"

    def not_controlled(self) -> Iterator[Text]:
        found = self.race.explored.not_controlled
        if found:
            yield self.wrapped("Not under control, so that nothing is said about them:")
            yield from map(self.bullet, found)


def _explored(explored: Explored) -> Iterator[str]:
    runs = f"{explored.runs} run{'' if explored.runs == 1 else 's'} in {_time(explored.wall_s)}"
    kinds = [f"{number} {_STRATEGIES.get(kind, kind)}" for kind, number in explored.schedules.items() if number]
    threads = f"up to {explored.threads} threads at a time" if explored.threads > 1 else "one thread only"
    yield f"{runs}{': ' + ', '.join(kinds) if kinds else ''}; {threads}."
    if explored.modules:
        yield f"{_many(explored.modules, 'module')} instrumented, {_many(explored.sites, 'place')} watched."
    if explored.windows_found:
        yield (
            f"Of {_many(explored.windows_found, 'window')} in which another thread would do harm, "
            f"{explored.windows_tried} tried, {explored.windows_forced} entered."
        )
    if explored.pct_depth is not None and explored.pct_bound is not None:
        yield (
            f"A bug that needs {_many(explored.pct_depth, 'ordering constraint')} would have been met by PCT with a "
            f"probability of at least {explored.pct_bound:.2g}."
        )
    if not explored.complete:
        yield "Not complete: it was stopped before everything planned was run (--budget)."


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _time(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 10 else duration(seconds)


def _signal(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"

"""What ``ungil race`` finds on the corpus of tests/race, each program with a budget of its own.

*Found* is a finding of the program's kind, or of any other, with a place on a line that the program marks; *wrong* one
on a correct program; *flagged* one on a harmless program. A program is *undecided* where Ungil's own run of it fails,
is ended by a signal, or by its time limit, and nothing was found.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shown import columns

from ungil.errors import UngilError
from ungil.launch import Program as Command
from ungil.race.explore import find
from ungil.race.request import RaceRequest
from ungil.race.result import Race

_TESTS = Path(__file__).resolve().parents[2] / "tests" / "race"
sys.path.append(str(_TESTS))

import corpus  # noqa: E402

SEED = 1


@dataclass(frozen=True)
class Conditions:
    python: str
    build: str
    budget_s: float
    runs: int | None
    sample: int | None
    """This many programs of each folder, evenly chosen; None for all."""


@dataclass(frozen=True)
class Judged:
    folder: str
    program: str
    check: bool
    """Whether the program checked itself."""
    findings: tuple[str, ...]
    """Each ``CODE status line,line``."""
    found: bool
    confirmed: bool
    undecided: str
    """Why it is; empty where it isn't."""
    wall_s: float
    cpu_s: float
    runs: int


def programs(folder: str, conditions: Conditions, chosen: list[str]) -> list[corpus.Program]:
    every = corpus.programs(folder)
    if chosen:
        return [each for each in every if each.path.stem in chosen]
    if conditions.sample is None or conditions.sample >= len(every):
        return every
    return [every[number * len(every) // conditions.sample] for number in range(conditions.sample)]


def request(program: corpus.Program, conditions: Conditions, *, check: bool) -> RaceRequest:
    return RaceRequest(
        python=conditions.python,
        build=conditions.build,
        program=Command((str(program.path), *(program.arguments if check else ()))),
        cwd=str(corpus.FOLDER),
        budget_s=conditions.budget_s,
        runs=conditions.runs,
        seed=SEED,
    )


def measure(conditions: Conditions, chosen: list[str], tell: Callable[[str], None], *, check: bool) -> list[Judged]:
    """Without a self-check, or with it: then only programs that have one."""
    judged = []
    for folder in corpus.FOLDERS:
        for program in programs(folder, conditions, chosen):
            if program.arguments or not check:
                judged.append(_judge(folder, program, conditions, check))
                tell(_line(judged[-1]))
    return judged


def _judge(folder: str, program: corpus.Program, conditions: Conditions, check: bool) -> Judged:
    began = time.monotonic()
    try:
        race = find(request(program, conditions, check=check), lambda _: None)
    except UngilError as error:
        took_s = time.monotonic() - began
        return Judged(folder, program.path.stem, check, (), False, False, str(error), took_s, 0, 0)
    name = program.path.name
    lines = [{place.line for place in each.places if Path(place.path).name == name} for each in race.findings]
    right = [each for each, at in zip(race.findings, lines, strict=True) if at & program.lines]
    return Judged(
        folder,
        program.path.stem,
        check,
        tuple(
            f"{each.code} {each.status} {','.join(map(str, sorted(at)))}"
            for each, at in zip(race.findings, lines, strict=True)
        ),
        bool(right),
        any(each.status == "confirmed" for each in right),
        "" if race.findings else _undecided(race, check),
        time.monotonic() - began,
        race.explored.cpu_s,
        race.explored.runs,
    )


def _undecided(race: Race, check: bool) -> str:
    if race.program.timed_out:
        return "not done in time"
    if race.program.signal is not None:
        return f"ended by signal {race.program.signal}"
    if race.program.exit_status and not check:
        return f"exit status {race.program.exit_status}: {' '.join(race.program.output[-1:])}"
    return next((remark for remark in race.remarks if remark.startswith("a fault")), "")


def _line(judged: Judged) -> str:
    good = judged.found if judged.folder in ("buggy", "deep") else not judged.findings
    verdict = "undecided" if judged.undecided else "right" if good else "WRONG"
    more = judged.undecided or ("confirmed" if judged.confirmed else "")
    check = " --check" if judged.check else ""
    return (
        f"  {verdict:10}{judged.folder}/{judged.program}{check}, {judged.runs} runs, {judged.cpu_s:.1f} s CPU"
        f"{', ' if more else ''}{more}; {'; '.join(judged.findings)}"
    ).rstrip("; ")


def summary(judged: list[Judged]) -> str:
    cells = [["", "programs", "found", "confirmed", "with findings", "undecided", "CPU s", "runs"]]
    for folder in corpus.FOLDERS:
        for check in (False, True):
            mine = [each for each in judged if each.folder == folder and each.check == check]
            if mine:
                bad = folder in ("buggy", "deep")
                cells.append(
                    [
                        f"{folder}{', checked' if check else ''}",
                        str(len(mine)),
                        str(sum(each.found for each in mine)) if bad else "",
                        str(sum(each.confirmed for each in mine)) if bad else "",
                        str(sum(bool(each.findings) for each in mine)),
                        str(sum(bool(each.undecided) for each in mine)),
                        f"{sum(each.cpu_s for each in mine):.0f}",
                        str(sum(each.runs for each in mine)),
                    ]
                )
    return "\n".join(columns(cells, (20, 8, 5, 9, 13, 9, 6, 6), left=(0,)))

"""What watching costs: four threaded programs under Ungil and its peers, as ratios to the plain run.

The CPU time is that of a program's threads, taken by the program itself; the memory is the most that its process took,
what Ungil's server had made ready included. Each way of running a program is tried on small sizes first, and gets the
largest share of the full size that it should do within ``longest_s``; it is compared with a plain run of that size.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from child import FRONTRUN, PROGRAMS, UNDER, OutError, last_told, told
from shown import columns, duration, spread, three

from ungil.errors import UngilError
from ungil.launch import Program
from ungil.race.core import core
from ungil.race.runner import Runner
from ungil.trial.figures import figure, ratios

SIZES = {"nbody": 1300, "words": 1300, "parser": 2000, "search": 70}
"""Programs, and the size whose plain run takes about a CPU-second."""
SHARES = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
PLAIN = "plain"

Outcome = TypeVar("Outcome")


class Sample(NamedTuple):
    cpu_s: float
    peak_bytes: int


class Way(NamedTuple):
    """How a program is run."""

    name: str
    take: Callable[[str, int], Sample]
    """Program and size. Raises OutError."""


@dataclass
class Row:
    """Samples of one way and of the plain run of the same size, one a round."""

    program: str
    way: str
    share: float = 1.0
    samples: list[Sample] = field(default_factory=list)
    plain: list[Sample] = field(default_factory=list)
    reason: str = ""
    """Why it takes no part; empty where it does."""


@dataclass(frozen=True)
class Conditions:
    python: str
    peers: Path | None
    rounds: int
    longest_s: float
    """CPU time that one run should take at the most."""
    without: tuple[str, ...] = ()

    @property
    def limit_s(self) -> float:
        """On a machine that others use too."""
        return 60 + 10 * self.longest_s


def measure(conditions: Conditions, only: list[str], tell: Callable[[str], None]) -> list[Row]:
    rows: list[Row] = []
    for program, size in SIZES.items():
        if not only or program in only:
            with ExitStack() as stack:
                ways = [
                    way
                    for way in [*_ungil(conditions, stack), *_peers(conditions)]
                    if way.name not in conditions.without
                ]
                measured = _program(program, size, ways, conditions)
            tell(block(program, measured))
            rows += measured
    return rows


def _program(program: str, size: int, ways: list[Way], conditions: Conditions) -> list[Row]:
    plain = _plain(conditions)
    rows = [Row(program, way.name) for way in ways]
    taking = {way.name: way.take for way in ways}
    for row in rows:
        share = _attempt(row, partial(_share, taking[row.way], program, size, conditions.longest_s))
        row.share = SHARES[-1] if share is None else share
    base = Row(program, PLAIN)
    for number in range(conditions.rounds):
        playing = [row for row in rows if not row.reason]
        first = number % len(playing) if playing else 0
        plains = {
            share: plain.take(program, _sized(size, share)) for share in sorted({1.0, *(row.share for row in playing)})
        }
        base.samples.append(plains[1.0])
        base.plain.append(plains[1.0])
        for row in playing[first:] + playing[:first]:
            sample = _attempt(row, partial(taking[row.way], program, _sized(size, row.share)))
            if sample is not None:
                row.samples.append(sample)
                row.plain.append(plains[row.share])
    return [base, *rows]


def _attempt(row: Row, action: Callable[[], Outcome]) -> Outcome | None:
    try:
        return action()
    except OutError as error:
        row.reason = str(error)
        return None


def _share(take: Callable[[str, int], Sample], program: str, size: int, longest_s: float) -> float:
    """The largest that takes no longer, going by the smaller ones."""
    chosen = SHARES[-1]
    for share, larger in zip(reversed(SHARES), [*reversed(SHARES[:-1]), None], strict=True):
        took = take(program, _sized(size, share)).cpu_s
        chosen = share
        if larger is None or took * larger / share > longest_s:
            break
    return chosen


def _sized(size: int, share: float) -> int:
    return max(1, round(size * share))


def _plain(conditions: Conditions) -> Way:
    def take(program: str, size: int) -> Sample:
        return _sample(told([conditions.python, _path(program), str(size)], None, conditions.limit_s))

    return Way(PLAIN, take)


def _ungil(conditions: Conditions, stack: ExitStack) -> list[Way]:
    compiled, why_not = core(conditions.python)
    runners: dict[tuple[str, int, str | None], Runner] = {}

    def way(name: str, mode: str, library: str | None, reason: str | None = None) -> Way:
        def take(program: str, size: int) -> Sample:
            if reason is not None:
                raise OutError(reason)
            key = (program, size, library)
            if key not in runners:
                runner = Runner(conditions.python, Program((_path(program), str(size))), core=library)
                runners[key] = stack.enter_context(runner)
                runners[key].run({"mode": "watch"}, timeout_s=conditions.limit_s)  # learns the modules
            try:
                ran = runners[key].run({"mode": mode}, timeout_s=conditions.limit_s)
            except UngilError as error:
                raise OutError(str(error)) from error
            if ran.timed_out:
                raise OutError(f"not done in {conditions.limit_s:g} s")
            return _sample(last_told(ran.stdout, ran.stderr))

        return Way(name, take)

    return [
        way("ungil, not listening, C", "watch", compiled, why_not),
        way("ungil, observing, C", "observe", compiled, why_not),
        way("ungil, not listening, Python", "watch", None),
        way("ungil, observing, Python", "observe", None),
    ]


def _peers(conditions: Conditions) -> list[Way]:
    python = conditions.python

    def way(name: str, module: str, command: Callable[[str, int], list[str]]) -> Way:
        def take(program: str, size: int) -> Sample:
            if conditions.peers is None or not (conditions.peers / module).is_dir():
                raise OutError("is not installed")
            return _sample(told([python, *command(program, size)], conditions.peers, conditions.limit_s))

        return Way(name, take)

    def under(*command: str) -> Callable[[str, int], list[str]]:
        return lambda program, size: [*command, program, str(size)]

    return [
        way("pyvft", "pyvft", lambda program, size: ["-m", "pyvft", "--no-colour", _path(program), str(size)]),
        way(
            "threadcheck run", "threadcheck",
            lambda program, size: [str(UNDER / "threadcheck_run.py"), _path(program), str(size)],
        ),
        way("interleave-test, one schedule", "interleave_test", under(str(UNDER / "interleave_once.py"))),
        way("frontrun, one execution", "frontrun", under(*FRONTRUN, python, str(UNDER / "frontrun_once.py"))),
    ]  # fmt: skip


def _path(program: str) -> str:
    return str(PROGRAMS / f"{program}.py")


def _sample(found: dict[str, object]) -> Sample:
    if not found.get("right"):
        raise OutError("gives wrong results")
    cpu_s, peak = found["cpu_s"], found["peak_bytes"]
    assert isinstance(cpu_s, float) and isinstance(peak, int)
    return Sample(cpu_s, peak)


def block(program: str, rows: list[Row]) -> str:
    cells = [["", "share", "CPU", "of plain", "peak", "of plain"]]
    for row in rows:
        if row.reason or not row.samples:
            cells.append([row.way, "–", (row.reason or "no round")])
            continue
        cpu = [sample.cpu_s for sample in row.samples]
        peak = [sample.peak_bytes for sample in row.samples]
        cells.append(
            [
                row.way,
                f"{row.share:g}",
                duration(figure(cpu).median),
                spread(ratios(cpu, [sample.cpu_s for sample in row.plain])),
                f"{statistics.median(peak) / 1e6:.0f} MB",
                spread(ratios(peak, [sample.peak_bytes for sample in row.plain])),
            ]
        )
    return "\n".join([f"{program}, {SIZES[program]}", *columns(cells, (30, 5, 8, 20, 7), left=(0, 3))])


def summary(rows: list[Row]) -> str:
    """Geometric means over the programs, of the medians."""
    cells = [["", "CPU", "worst", "peak", "worst"]]
    for way in dict.fromkeys(row.way for row in rows if row.way != PLAIN):
        mine = [row for row in rows if row.way == way and row.samples and not row.reason]
        if not mine:
            cells.append([way, "–"])
            continue
        means = []
        for of in (0, 1):
            medians = [
                ratios([sample[of] for sample in row.samples], [sample[of] for sample in row.plain]).median
                for row in mine
            ]
            means += [f"{three(math.exp(statistics.fmean(map(math.log, medians))))}x", f"{three(max(medians))}x"]
        missing = len({row.program for row in rows}) - len(mine)
        cells.append([way, *means, f"without {missing} of them" if missing else ""])
    return "\n".join(["geometric mean of the programs", *columns(cells, (30, 7, 7, 7, 7), left=(0,))])

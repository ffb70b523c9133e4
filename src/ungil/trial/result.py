"""What a trial found: the one record between measuring and reporting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ungil.launch.result import GilChange, Named, Substituted
from ungil.pythons.build import Build

Status = Literal["ok", "differs", "failed", "timeout", "unavailable"]
VerdictCode = Literal[
    "move-to-threads",
    "use-interpreters",
    "stay-with-processes",
    "stay-serial",
    "gil-turned-on",
    "not-safe",
    "no-difference",
    "cannot-tell",
]


@dataclass(frozen=True)
class Figure:
    """One quantity over the rounds, in the unit its field's name ends with."""

    median: float
    low: float
    high: float
    """``low`` .. ``high`` holds the true median with 95 % confidence, where there are rounds enough to say so (six);
    with fewer it is the smallest and the largest sample."""
    samples: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """One runtime, and how the program did on it."""

    build: str
    """Spec of the interpreter build: ``3.14t``."""
    model: str
    """Execution model, or ``as-is``."""
    workers: int | None
    """Widest pool the program opened; None where it opened none."""
    status: Status
    reason: str | None = None
    """One line: why the status is not ok, or what to know about an ok row."""
    variant: str | None = None
    """What else sets this row apart: ``initializer once``, ``GIL off``, ``2 workers``."""
    wall_s: Figure | None = None
    startup_s: Figure | None = None
    cpu_s: Figure | None = None
    peak_bytes: Figure | None = None
    ratio_to_today: float | None = None
    """Wall time over today's, below 1 is faster: the median of the rounds' own ratios, so that a drift of the machine
    cancels out."""
    ratio_to_today_low: float | None = None
    ratio_to_today_high: float | None = None
    """What holds that median, as in :class:`Figure`."""
    memory_ratio_to_today: float | None = None
    same_output: bool | None = None
    """None where it was not compared."""
    compared_as: Literal["bytes", "sorted-lines", "files", "not-compared"] | None = None
    exit_status: int | None = None
    free_threaded: bool | None = None
    """Whether the interpreter *build* is free-threaded; whether the GIL was on is the next field."""
    gil_enabled_at_start: bool | None = None
    gil_enabled_at_exit: bool | None = None
    gil_enabled_by: tuple[GilChange, ...] = ()
    pools: tuple[Substituted, ...] = ()
    """The program's own pools, in an ``as-is`` row."""
    substituted: tuple[Substituted, ...] = ()
    named: tuple[Named, ...] = ()
    wait_s: Figure | None = None
    """Time in which some runnable task of the machine waited for a core, a run."""
    other_cpu_s: Figure | None = None
    """CPU time other processes took from the machine, a run."""
    reliable: bool = True
    """False where the machine was too busy for this row's wall time to mean anything."""
    today: bool = False
    """True for the row the others are compared with: the program as it is on the default GIL build."""
    output_path: str | None = None
    """Where the differing output was kept, when the row differs."""


@dataclass(frozen=True)
class TradeOff:
    """One thing gained or paid, from this program's own runs."""

    name: str
    """``single-thread-cost``, ``memory-cost``, ``start-up-cost``, ``speed-up`` or ``initializer-sharing``."""
    sentence: str
    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = "ratio"
    efficiency: float | None = None
    """Of a speed-up: its share of the number of workers."""
    caveat: str | None = None
    """How the two builds also differ (version, compiler flags, PGO), where they do."""


@dataclass(frozen=True)
class Verdict:
    """What to do with the program."""

    code: VerdictCode
    sentence: str
    reasons: tuple[str, ...] = ()
    next: str | None = None
    """The command to type next."""


@dataclass(frozen=True)
class Trial:
    """One program on several runtimes, measured, compared, judged."""

    argv: tuple[str, ...]
    cores: int
    """Cores this process may use."""
    rounds: int
    elapsed_s: float
    same: str
    """What was compared: ``stdout``, ``none`` or ``files:GLOB``."""
    rows: tuple[Row, ...]
    trade_offs: tuple[TradeOff, ...]
    verdict: Verdict | None
    """None while the trial is still running (what is on disk after a round)."""
    builds: tuple[Build, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """Anything else the reader should know, a sentence each."""
    complete: bool = True

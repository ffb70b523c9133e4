"""What ``ungil race`` found: the one record between exploring and reporting.

Of a finding's ``evidence``, reports know these keys, all optional:

=============  ========================================================================================================
``outcome``    what happened when it was forced, as a sentence: ``one update is lost``, ``KeyError: 'a'``
``strategy``   which kind of schedule showed it: ``force``, ``pct``, ``random``, ``noise``, ``observe``
``seed``       whole number
``replay``     file of the saved schedule
``shown``      in how many runs it was seen ...
``tried``      ... of how many that could have shown it
``doubt``      why it is only possible, as a sentence: ``the other thread never came in between``
``traceback``  of the exception, as Python prints it
``cycle``      list: ``Thread-1``, ``lock a``, ``Thread-2``, ``lock b`` where each waits for, or is held by, the next
``output``     last lines of what the program printed in that run
=============  ========================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ungil.finding import Finding


@dataclass(frozen=True)
class Ended:
    """How the program itself ended, instrumented but otherwise left alone."""

    exit_status: int | None
    """0..255; None where a signal or the time limit ended it."""
    signal: int | None = None
    timed_out: bool = False
    wall_s: float | None = None
    output: tuple[str, ...] = ()
    """Last lines of its standard error, where it did not end well."""
    command: str | None = None
    """Its command line, as in the other documents' ``program``."""


@dataclass(frozen=True)
class Explored:
    """What a result rests on."""

    runs: int
    schedules: dict[str, int] = field(default_factory=dict)
    """How many runs followed which strategy: ``observe``, ``force``, ``pct``, ``random``, ``noise``, ``replay``."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    windows_found: int = 0
    """Places where another thread's access in between would do harm."""
    windows_tried: int = 0
    windows_forced: int = 0
    """Of those tried, how many another thread was brought into."""
    pct_depth: int | None = None
    """Bugs that need this many ordering constraints are found by a run of PCT with at least ..."""
    pct_bound: float | None = None
    """... this probability by all of its runs together."""
    threads: int = 1
    """The most that were alive at a time."""
    modules: int = 0
    """How many were instrumented."""
    sites: int = 0
    not_controlled: tuple[str, ...] = ()
    """Threads, calls and modules whose accesses were not seen or not scheduled, each in words."""
    complete: bool = True
    """False where the budget, or Ctrl-C, ended it before everything planned was run."""


@dataclass(frozen=True)
class Suppressed:
    """A finding that is known, and not to be reported."""

    finding: Finding
    by: Literal["comment", "baseline"]
    where: str | None = None
    """``path:line`` of the comment, or the baseline file."""
    reason: str | None = None


@dataclass(frozen=True)
class Race:
    """One program, its schedules explored."""

    argv: tuple[str, ...]
    build: str
    """Spec of the interpreter build."""
    core: Literal["c", "python"]
    """Which of the two did the work inside."""
    program: Ended
    findings: tuple[Finding, ...]
    """Confirmed ones first."""
    explored: Explored
    notes: tuple[Finding, ...] = ()
    """Harmless idioms that look like races (severity ``note``)."""
    suppressed: tuple[Suppressed, ...] = ()
    module: bool = False
    """Whether the program was run as ``python -m``."""
    cwd: str = ""
    """Its working directory, from which relative paths are meant."""
    command: tuple[str, ...] = ()
    """What explores the program again, up to the program: ``ungil``, ``race``, ``--python``, ``3.14t``, …"""
    gil_enabled: bool | None = None
    """In the program's process when it ended."""
    seed: int | None = None
    remarks: tuple[str, ...] = ()
    """Anything else the reader should know, a sentence each."""

    @property
    def confirmed(self) -> bool:
        """Whether there is a confirmed finding."""
        return any(finding.status == "confirmed" for finding in self.findings)

"""What one run of a program was like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class GilChange:
    """The import that turned the GIL back on, as seen inside the process."""

    module: str
    """The extension module that does not declare ``Py_MOD_GIL_NOT_USED``, by its full name."""
    file: str | None
    """The shared library of that module."""
    path: str | None
    """The first line of non-library code on the stack at that import: the user's file, and ..."""
    line: int | None


@dataclass(frozen=True)
class Substituted:
    """One pool (or hand-made worker) that was bound to the asked model."""

    pool: str
    """As the program knows it: ``multiprocessing.Pool``, ``concurrent.futures.ProcessPoolExecutor``, ..."""
    path: str | None
    line: int | None
    """Where the program made it."""
    workers: int
    """How wide it is now."""
    asked: int | None
    """How wide the program asked for; None where it left that open."""
    model: str
    initializer: bool = False
    """Whether the pool has an initializer."""


@dataclass(frozen=True)
class Named:
    """What could not be carried over to the model, or may behave differently under it."""

    what: str
    """One sentence without a full stop: ``maxtasksperchild=10: workers are not made anew``."""
    path: str | None
    line: int | None
    code: str
    """Kebab-case kind: ``os-fork``, ``worker-global``, ``terminate``, ..."""


@dataclass(frozen=True)
class Run:
    """One run of one program on one runtime, measured from outside."""

    exit_status: int
    """As a shell's ``$?`` without the 128: 0..255, or the negative number of the signal that ended it."""
    timed_out: bool
    wall_s: float
    """From starting the interpreter to the end of the main process, without the time our own set-up took inside."""
    startup_s: float | None
    """The part of ``wall_s`` before the program's first line. None: the inside never reported."""
    cpu_s: float
    """User + system time of the whole process tree, by the kernel's accounting, without our own set-up."""
    peak_bytes: int | None
    """Highest sum of PSS over the tree; None in a run that did not sample memory."""
    peak_is: Literal["pss", "rss"] | None = field(default=None, kw_only=True)
    """``rss``: the kernel did not tell the PSS of some process, so that shared pages may have counted twice."""
    wait_s: float
    """Time in which some runnable task waited for a core during the run (PSI ``some``): of the program, where it could
    have a control group of its own, else of the machine."""
    other_cpu_s: float
    """CPU time that other processes (and the hypervisor: steal) took from the machine during the run."""
    left_behind: int
    """Processes of the tree that were still alive when the main process ended and had to be killed."""
    gil_enabled_at_start: bool | None
    gil_enabled_at_exit: bool | None
    """In the program's main process and every child that reported; True as soon as one has it on."""
    gil_enabled_by: tuple[GilChange, ...] = ()
    pools: tuple[Substituted, ...] = ()
    """The program's own pools, where it ran as it is (events ``pool``; ``model`` is ``as-is``)."""
    substituted: tuple[Substituted, ...] = ()
    named: tuple[Named, ...] = ()

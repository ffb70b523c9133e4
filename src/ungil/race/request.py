"""What ``ungil race`` is asked to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from ungil.launch import Program


@dataclass(frozen=True)
class RaceRequest:
    """One program, to be run under many schedules on one interpreter."""

    python: str
    """The executable, of the environment that was prepared for the program."""
    build: str
    """The spec of that interpreter build: ``3.14t``."""
    program: Program
    include: tuple[str, ...] = ()
    """Modules and packages to instrument beside the program's own."""
    environ: Mapping[str, str] | None = None
    """Environment of every run; None for this process's own."""
    cwd: str = field(default_factory=os.getcwd)
    budget_s: float = 60.0
    """Time for all runs together."""
    runs: int | None = None
    """The most runs to make; None for as many as the budget has time for."""
    seed: int | None = None
    """What random choices follow from; None for one of its own, which the result tells."""
    timeout_s: float | None = None
    """For one run; None for a multiple of what the first one took."""
    stdin: str | None = None
    """File that every run gets as its standard input; None for an empty one."""
    replay: str | None = None
    """A saved schedule (``--save``): only that one is run."""
    save: str | None = None
    """Folder for the schedules that showed something; None saves none."""
    notes: bool = False
    """Whether harmless idioms are looked for too."""

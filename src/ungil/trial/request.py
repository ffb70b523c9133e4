"""What a trial is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from ungil.launch import Program
from ungil.substitute.settings import MODELS, Model

TRIED: tuple[Model, ...] = tuple(model for model in MODELS if model != "auto")
"""The models a trial has rows for; ``auto`` is a choice among them, not one of them."""


@dataclass(frozen=True)
class Request:
    """One program, and the runtimes it is to be tried on."""

    program: Program
    pythons: tuple[str, ...] = ()
    """Specs of the interpreter builds; empty for the default choice, ``all`` for every one on the machine."""
    models: tuple[Model, ...] = TRIED
    workers: tuple[int, ...] = ()
    """Pool widths to try; empty keeps the width the program asks for."""
    gil_off: bool = False
    """Add rows with ``PYTHON_GIL=0`` on the free-threaded builds."""
    same: str = "stdout"
    """What must be the same everywhere: ``stdout``, ``none`` or ``files:GLOB``."""
    with_: tuple[str, ...] = ()
    with_requirements: tuple[str, ...] = ()
    project: bool = True
    """Whether the project the program stands in is installed for it."""
    budget_s: float = 120.0
    """Time for the rounds. At least three are run, whatever they take."""
    timeout_s: float | None = None
    """For one run; None for ten times what today's took, and no less than ten seconds."""
    stdin: str | None = None
    """File that every run gets as its standard input; None for an empty one."""

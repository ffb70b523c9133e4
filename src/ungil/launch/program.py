"""What the user runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """A script or module and its arguments."""

    argv: tuple[str, ...]
    """The script's path, or the module's name, and the arguments."""
    module: bool = False
    """Run as ``python -m``."""


def find_script(program: Program, python: str) -> Program:
    """``program`` as the interpreter ``python`` is to be given it."""
    return program

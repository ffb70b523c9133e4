"""The command line and the environment with which a program is started."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ungil.errors import UngilError
from ungil.launch.program import Program
from ungil.substitute.settings import Settings

Gil = Literal["default", "off"]

_SITE = Path(__file__).with_name("inside") / "site"


def command_line(python: str, program: Program) -> list[str]:
    """As the user would type it."""
    return [python, *(["-m"] if program.module else []), *program.argv]


def environment(
    settings: Settings, *, environ: Mapping[str, str], gil: Gil, events: str | None, quiet: bool = False
) -> dict[str, str]:
    """``environ`` and what lets the inside in; the inside takes it out again before the program starts.

    Raises:
        UngilError: the folder ungil is installed in cannot stand in PYTHONPATH.
    """
    if os.pathsep in str(_SITE):
        raise UngilError(
            f"no program can be looked into from {_SITE}: install ungil in a folder without '{os.pathsep}'"
        )
    pythonpath = environ.get("PYTHONPATH")
    request = {
        "pythonpath": pythonpath,
        "events": events,
        "quiet": quiet,
        "main": True,
        "model": settings.model,
        "workers": settings.workers,
        "initializer": settings.initializer,
    }
    variables = {
        **environ,
        # An empty PYTHONPATH is none: an empty entry in a longer one would be the working directory.
        "PYTHONPATH": f"{_SITE}{os.pathsep}{pythonpath}" if pythonpath else str(_SITE),
        "UNGIL_INSIDE": ascii(request),
    }
    if gil == "off":
        variables["PYTHON_GIL"] = "0"
    return variables

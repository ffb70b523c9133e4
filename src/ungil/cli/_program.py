"""The program that a command runs: its interpreter build, its environment, its standard input."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator

from packaging.version import Version

from ungil import pythons
from ungil.errors import UngilError
from ungil.launch import Program, find_script
from ungil.pythons import Build


def default_build(oldest: str = "3.10") -> Build:
    """The build the user's own ``python3`` is: of the active environment, else the first on PATH, else the newest.

    One on PATH that is older than ``oldest`` is passed over, an environment's is not: it has the program's packages.
    """
    active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    if active:
        return pythons.resolve(active)
    try:
        build = pythons.resolve("python3")
    except UngilError:
        return pythons.resolve(f">={oldest}")
    if build.version and Version(build.version).release < Version(oldest).release:
        return pythons.resolve(f">={oldest}")
    return build


def prepared(
    wanted: Program, build: Build, with_: tuple[str, ...], with_requirements: tuple[str, ...], no_project: bool
) -> tuple[str, Program]:
    """The executable of the environment that has what the program needs, and the program as found there.

    Raises:
        UngilError: the environment can't be made, or has no such program.
    """
    start = os.getcwd() if wanted.module else wanted.argv[0]
    needs = pythons.dependencies_of(start, with_, with_requirements, no_project)
    with status() as show:
        environment = pythons.prepare(build, needs, show)
    if environment.error is not None:
        raise UngilError(environment.error)
    return environment.executable, find_script(wanted, environment.executable)


@contextlib.contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """Say what is being done, for as long as it takes, where somebody is watching."""
    from rich.console import Console
    from rich.text import Text

    from ungil.report.text import encodable, visible

    console = Console(stderr=True)
    with contextlib.ExitStack() as stack:
        shown = None

        def show(what: str) -> None:
            nonlocal shown
            if not console.is_terminal:
                return
            text = Text(encodable(visible(what), console.encoding))
            if shown is None:
                shown = stack.enter_context(console.status(text))
            shown.update(text)

        yield show


@contextlib.contextmanager
def standard_input() -> Iterator[str | None]:
    """Standard input as a file every run can be given anew; None where there is none to give."""
    if sys.stdin is None or sys.stdin.isatty():
        yield None
        return
    with tempfile.NamedTemporaryFile(prefix="ungil-stdin-") as copy:
        while block := os.read(sys.stdin.fileno(), 1 << 20):
            copy.write(block)
        copy.flush()
        yield copy.name

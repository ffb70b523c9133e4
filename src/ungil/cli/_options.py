"""Options that several commands have, the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from ungil.errors import UngilError
from ungil.report.output import STANDARD_OUTPUT, check_writable

Command = TypeVar("Command", bound=Callable[..., Any])


def dependencies(command: Command) -> Command:
    """``with_`` (tuple of requirements), ``with_requirements`` (tuple of paths), ``no_project`` (bool)."""
    for option in (
        click.option(
            "--no-project",
            is_flag=True,
            help="Do not take dependencies from the pyproject.toml or lock file the program belongs to.",
        ),
        click.option(
            "--with-requirements",
            "with_requirements",
            multiple=True,
            metavar="FILE",
            callback=_readable,
            help="Give the program the packages of a requirements file. May be repeated.",
        ),
        click.option(
            "--with",
            "with_",
            multiple=True,
            metavar="PKG",
            help="Give the program this package, as pip would name it. May be repeated.",
        ),
    ):
        command = option(command)
    return command


def pythons_option(command: Command) -> Command:
    """``pythons``: the specs of the interpreter builds asked for; empty for the default choice."""
    return click.option(
        "--python",
        "pythons",
        multiple=True,
        metavar="SPEC",
        help="Interpreter build: 3.14, 3.14t, '>=3.14', a path, or all. May be repeated; default: the newest "
        "free-threaded one and its twin with the GIL.",
    )(command)


def python_option(command: Command) -> Command:
    """``python``: the spec of one interpreter build, or None."""
    return click.option(
        "--python", "python", metavar="SPEC", help="Interpreter build: 3.14, 3.14t, '>=3.14' or a path."
    )(command)


def json_option(command: Command) -> Command:
    """``json_path``: where the JSON document goes, ``-`` for standard output, None for nowhere."""
    return click.option(
        "--json",
        "json_path",
        metavar="FILE",
        callback=writable,
        help=f"Write the result as JSON; '{STANDARD_OUTPUT}' is standard output.",
    )(command)


def html_option(command: Command) -> Command:
    """``html_path``: where the HTML page goes, ``-`` for standard output, None for nowhere."""
    return click.option(
        "--html",
        "html_path",
        metavar="FILE",
        callback=writable,
        help="Write the report as one HTML page that needs no other file and no network.",
    )(command)


def sarif_option(command: Command) -> Command:
    """``sarif_path``: where the SARIF log goes, ``-`` for standard output, None for nowhere."""
    return click.option(
        "--sarif",
        "sarif_path",
        metavar="FILE",
        callback=writable,
        help="Write the findings as SARIF 2.1.0, for code scanning and editors.",
    )(command)


def writable(_context: click.Context, _option: click.Parameter, path: str | None) -> str | None:
    """Callback of an option: a file that can be written, found out before a long run."""
    if path is not None:
        check_writable(path)
    return path


def _readable(_context: click.Context, _option: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
    path = ""
    try:
        for path in paths:
            Path(path).open("rb").close()
    except OSError as error:
        raise UngilError(f"cannot read the requirements file {path}: {error.strerror}") from error
    return paths

"""``ungil trial``."""

from __future__ import annotations

import sys

import rich_click as click

from ungil import pythons as builds
from ungil.cli import _options, _program
from ungil.cli._output import check_outputs, show_trial
from ungil.errors import UngilError
from ungil.launch import Program
from ungil.report.progress import progress
from ungil.report.pythons import told
from ungil.substitute.settings import Model
from ungil.trial import TRIED, Request, run_trial


@click.command(context_settings={"allow_interspersed_args": False})
@_options.pythons_option
@click.option(
    "--model",
    "models",
    multiple=True,
    type=click.Choice(TRIED),
    help="Execution model to try. May be repeated; default: all. The program as it is on today's build always runs.",
)
@click.option(
    "--workers",
    metavar="N[,N…]",
    callback=lambda _context, _option, text: _widths(text),
    help="Width of every pool, several to compare; default: what the program asks for.",
)
@click.option(
    "--gil", type=click.Choice(["default", "off"]), default="default", help="off: further rows with PYTHON_GIL=0."
)
@click.option("--same", default="stdout", metavar="WHAT", help="What must be the same: stdout, none or files:GLOB.")
@click.option("--budget", type=click.FloatRange(min=0), default=120, metavar="SECONDS", help="Time for the rounds.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop a run after this; default: ten times today's wall time.",
)
@_options.dependencies
@click.option("--install", is_flag=True, help="Get a free-threaded build and its twin with the GIL, if there is none.")
@_options.json_option
@_options.html_option
@click.option("-m", "module", is_flag=True, help="PROGRAM is a module, as in python -m.")
@click.argument("program")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]…")
def trial(
    program: str,
    arguments: tuple[str, ...],
    module: bool,
    pythons: tuple[str, ...],
    models: tuple[Model, ...],
    workers: tuple[int, ...],
    gil: str,
    same: str,
    budget: float,
    timeout: float | None,
    with_: tuple[str, ...],
    with_requirements: tuple[str, ...],
    no_project: bool,
    install: bool,
    json_path: str | None,
    html_path: str | None,
) -> None:
    """Run PROGRAM, unmodified, on every interpreter build and execution model: measure, compare, judge.

    Options stand before PROGRAM; what stands behind it is the program's own.
    """
    check_outputs(json=json_path, html=html_path)
    if install:
        _install_missing()
    with _program.standard_input() as stdin:
        request = Request(
            program=Program((program, *arguments), module),
            pythons=pythons,
            models=models or TRIED,
            workers=workers,
            gil_off=gil == "off",
            same=same,
            with_=with_,
            with_requirements=with_requirements,
            project=not no_project,
            budget_s=budget,
            timeout_s=timeout,
            stdin=stdin,
        )
        with progress() as watching:
            result, record = run_trial(request, watching)
    show_trial(result, json_path, html_path)
    sys.stderr.write(f"Recorded in {record}\n")


def _widths(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    try:
        widths = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        widths = (0,)
    if min(widths) < 1:
        raise UngilError(f"--workers {text}: must be whole numbers from 1 on, with commas between")
    return widths


def _install_missing() -> None:
    found = [build for build in builds.find() if build.error is None]
    if not any(build.free_threaded for build in found):
        with told() as telling:
            builds.install(None, pair=True, progress=telling)

"""``ungil run``."""

from __future__ import annotations

from typing import Literal, NoReturn

import rich_click as click

from ungil import pythons
from ungil.cli import _options, _program
from ungil.errors import UngilError
from ungil.launch import Program, check_file, replace_process
from ungil.launch.command import Gil
from ungil.pythons import Build
from ungil.substitute.settings import MODELS, Model, Settings


@click.command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--python",
    "spec",
    metavar="SPEC",
    help="Interpreter build: 3.14, 3.14t, '>=3.14' or a path.  [default: the active environment's, else python3]",
)
@click.option(
    "--model",
    type=click.Choice(MODELS),
    default="auto",
    help="What carries out the work of the program's pools; auto: threads where the GIL is off and stays off, "
    "else interpreters where the work allows it, else processes.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Width of every pool.  [default: what the program asks for]",
)
@click.option(
    "--initializer",
    type=click.Choice(["each", "once"]),
    default="each",
    help="once: a pool's initializer runs once for the pool, not in each worker, which then share what it loads.",
)
@click.option(
    "--gil", type=click.Choice(["default", "off"]), default="default", help="off: keep it off (PYTHON_GIL=0)."
)
@_options.dependencies
@click.option("--quiet", is_flag=True, help="Do not say which pools were replaced, and what could not be carried over.")
@click.option("-m", "module", is_flag=True, help="PROGRAM is a module, as in python -m.")
@click.argument("program")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]…")
def run(
    program: str,
    arguments: tuple[str, ...],
    module: bool,
    spec: str | None,
    model: Model,
    workers: int | None,
    initializer: Literal["each", "once"],
    gil: Gil,
    with_: tuple[str, ...],
    with_requirements: tuple[str, ...],
    no_project: bool,
    quiet: bool,
) -> NoReturn:
    """Run PROGRAM, unmodified, on one interpreter build, its pools carried out by one execution model.

    Everything else is as without ungil: arguments, streams, signals, exit status. Options stand before PROGRAM;
    what stands behind it is the program's own.
    """
    settings = Settings(model, workers, initializer)
    wanted = Program((program, *arguments), module)
    check_file(wanted)
    build = _program.default_build() if spec is None else pythons.resolve(spec)
    _check(settings, gil, build)
    python, found = _program.prepared(wanted, build, with_, with_requirements, no_project)
    replace_process(python, found, settings, gil=gil, quiet=quiet)


def _check(settings: Settings, gil: Gil, build: Build) -> None:
    """Refuse options that contradict each other, or what the build cannot do."""
    if settings.model == "as-is" and (settings.workers is not None or settings.initializer == "once"):
        raise UngilError("--model as-is changes no pool: leave out --workers and --initializer, or choose a model")
    if settings.initializer == "once" and settings.model in ("interpreters", "processes"):
        raise UngilError(
            f"--initializer once needs workers that share memory, which {settings.model} do not: "
            "use --model threads or serial"
        )
    if gil == "off" and build.free_threaded is False:
        raise UngilError(
            f"--gil off needs a free-threaded build, which {build.spec} is not: try --python {build.spec}t"
        )
    if settings.model == "interpreters" and build.interpreters is False:
        raise UngilError(f"--model interpreters needs Python 3.14 or newer, this is {build.version}: give --python")

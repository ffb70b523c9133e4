"""``ungil pythons``."""

from __future__ import annotations

import rich_click as click
from rich.console import Console

from ungil import document
from ungil import pythons as room
from ungil.cli import _options
from ungil.report import pythons as report
from ungil.report.output import STANDARD_OUTPUT, write_document


@click.group(invoke_without_command=True)
@_options.json_option
@click.pass_context
def pythons(context: click.Context, json_path: str | None) -> None:
    """List the interpreter builds that uv, PATH, pyenv and UNGIL_PYTHONS lead to, or install one.

    UNGIL_PYTHONS is a list of executables, installations or folders of them, with colons between.
    """
    if context.invoked_subcommand is not None:
        if json_path is not None:
            raise click.UsageError("--json belongs to the listing: write it without a further command")
        return
    survey = room.survey()
    if json_path is not None:
        write_document(document.to_json(survey, program=None, build=None), json_path)
    if json_path != STANDARD_OUTPUT:
        report.print_survey(survey, Console())


@pythons.command()
@click.argument("spec", required=False)
@click.option("--pair", is_flag=True, help="Also its twin with (or without) the GIL: same source, same flags.")
@click.option(
    "--variant",
    "variants",
    multiple=True,
    type=click.Choice(room.VARIANTS),
    help="A choice CPython has at build time. May be repeated.",
)
def install(spec: str | None, pair: bool, variants: tuple[str, ...]) -> None:
    """Get the interpreter build SPEC (3.14t, 3.14, '>=3.13'; default: the best free-threaded one).

    Through uv; where uv can't download and the system is Debian-like, built from the distribution's source package.
    """
    with report.told() as progress:
        builds = room.install(spec, pair=pair, variant=variants, progress=progress)
    report.print_builds(builds, Console())

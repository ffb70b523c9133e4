"""``ungil race``."""

from __future__ import annotations

import os
from dataclasses import replace

import rich_click as click
from packaging.version import Version

from ungil import pythons
from ungil.cli import _options, _program
from ungil.cli._output import check_outputs, show_race
from ungil.errors import UngilError
from ungil.launch import Program, check_file
from ungil.pythons import Build
from ungil.race import ignore
from ungil.race.request import RaceRequest
from ungil.race.result import Ended, Race
from ungil.race.settle import settled
from ungil.report.output import write_document

OLDEST = "3.12"
"""The first Python that programs can be instrumented on."""
TIMED_OUT = 124
"""Exit status for a program that had to be stopped, as timeout(1) has it."""


@click.command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--python",
    "spec",
    metavar="SPEC",
    help="Interpreter build: 3.14, 3.14t, '>=3.14' or a path.  [default: the active environment's, else python3]",
)
@click.option(
    "--include",
    multiple=True,
    metavar="NAME",
    help="Instrument this module or package too, beside the program's own. May be repeated.",
)
@click.option("--budget", type=click.FloatRange(min=0), default=60, metavar="SECONDS", help="Time for all runs.")
@click.option("--runs", type=click.IntRange(min=1), metavar="N", help="The most runs to make.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="What random choices follow from.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop a run after this; default: many times what the first run took.",
)
@click.option("--save", metavar="FOLDER", help="Save the schedule of each finding there, to be replayed.")
@click.option("--replay", metavar="FILE", help="Run one saved schedule only.")
@click.option("--baseline", metavar="FILE", help="Do not report the findings that this file has.")
@click.option(
    "--write-baseline",
    metavar="FILE",
    callback=_options.writable,
    help="Write the findings to a baseline file, with those of --baseline; they are known from then on.",
)
@click.option("--possible/--only-confirmed", default=True, help="Report also what could not be made to happen, or not.")
@click.option("--notes", is_flag=True, help="Report also harmless idioms that look like races.")
@_options.dependencies
@_options.json_option
@_options.sarif_option
@click.option("-m", "module", is_flag=True, help="PROGRAM is a module, as in python -m.")
@click.argument("program")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]…")
def race(
    program: str,
    arguments: tuple[str, ...],
    module: bool,
    spec: str | None,
    include: tuple[str, ...],
    budget: float,
    runs: int | None,
    seed: int | None,
    timeout: float | None,
    save: str | None,
    replay: str | None,
    baseline: str | None,
    write_baseline: str | None,
    possible: bool,
    notes: bool,
    with_: tuple[str, ...],
    with_requirements: tuple[str, ...],
    no_project: bool,
    json_path: str | None,
    sarif_path: str | None,
) -> int:
    """Run PROGRAM, unmodified, under many schedules: find the interleavings that break it, and prove each one.

    The exit status is 1 where one was made to happen, else the program's own. Options stand before PROGRAM; what
    stands behind it is the program's own.
    """
    check_outputs(json=json_path, sarif=sarif_path)
    if baseline is not None:
        ignore.check_baseline(baseline)
    _check_schedules(save, replay)
    wanted = Program((program, *arguments), module)
    check_file(wanted)
    build = _program.default_build(OLDEST) if spec is None else pythons.resolve(spec)
    _check_build(build)
    python, found = _program.prepared(wanted, build, with_, with_requirements, no_project)
    folder = os.getcwd()
    from ungil.race.explore import find

    with _program.standard_input() as stdin, _program.status() as progress:
        request = RaceRequest(
            python=python,
            build=build.spec,
            program=found,
            include=include,
            cwd=folder,
            budget_s=budget,
            runs=runs,
            seed=seed,
            timeout_s=timeout,
            stdin=stdin,
            replay=replay,
            save=save,
            notes=notes,
        )
        result = find(request, progress)
    again = _again(spec, include, timeout, with_, with_requirements, no_project)
    result = settled(replace(result, argv=wanted.argv, command=again), folder)
    result = ignore.without_ignored(result, folder)
    to_know = result.findings
    if baseline is not None:
        result = ignore.without_known(result, baseline, folder)
    if not possible:
        result = _only_confirmed(result)
    show_race(result, json_path, sarif_path, notes)
    if write_baseline is not None:
        write_document(ignore.baseline_of(to_know, folder, baseline), write_baseline)
    return 1 if result.confirmed and write_baseline is None else _status(result.program)


def _check_schedules(save: str | None, replay: str | None) -> None:
    if save is not None and replay is not None:
        raise UngilError("--replay runs a schedule that is saved already: leave out --save")
    try:
        if save is not None:
            os.makedirs(save, exist_ok=True)
        if replay is not None:
            open(replay, "rb").close()
    except OSError as error:
        what = f"cannot save schedules in {save}" if save is not None else f"cannot read the schedule {replay}"
        raise UngilError(f"{what}: {error.strerror}") from error


def _check_build(build: Build) -> None:
    if build.error is None and build.version and Version(build.version).release < Version(OLDEST).release:
        raise UngilError(
            f"ungil race needs Python {OLDEST} or newer, {build.executable} is {build.version}: give --python"
        )


def _again(
    spec: str | None,
    include: tuple[str, ...],
    timeout: float | None,
    with_: tuple[str, ...],
    with_requirements: tuple[str, ...],
    no_project: bool,
) -> tuple[str, ...]:
    """The command with the options that the same program needs to run the same way."""
    options = {
        "--python": () if spec is None else (spec,),
        "--include": include,
        "--timeout": () if timeout is None else (f"{timeout:g}",),
        "--with": with_,
        "--with-requirements": with_requirements,
    }
    given = (part for option, values in options.items() for value in values for part in (option, value))
    return ("ungil", "race", *given, *(("--no-project",) if no_project else ()))


def _only_confirmed(race: Race) -> Race:
    confirmed = tuple(finding for finding in race.findings if finding.status == "confirmed")
    left_out = len(race.findings) - len(confirmed)
    if not left_out:
        return race
    remark = f"{left_out} possible finding{'' if left_out == 1 else 's'} left out (--only-confirmed)"
    return replace(race, findings=confirmed, remarks=(*race.remarks, remark))


def _status(program: Ended) -> int:
    """The program's own exit status, as a shell would report it."""
    if program.timed_out:
        return TIMED_OUT
    if program.signal is not None:
        return 128 + program.signal
    return program.exit_status or 0

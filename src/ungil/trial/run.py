"""A trial from its request to its result."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ungil import pythons
from ungil.errors import UngilError
from ungil.launch import check_file, find_script
from ungil.pythons import Build
from ungil.trial import outputs, plan
from ungil.trial.command import command_of
from ungil.trial.lane import Lane, row
from ungil.trial.progress import Progress, Silent
from ungil.trial.record import Record
from ungil.trial.request import Request
from ungil.trial.result import Trial
from ungil.trial.rounds import Rounds
from ungil.trial.trade_offs import trade_offs
from ungil.trial.verdict import judge


def run_trial(request: Request, progress: Progress | None = None) -> tuple[Trial, Path]:
    """Run the program on every runtime and judge; returns the trial and the file it was recorded in.

    Raises:
        UngilError: the request can't be carried out at all: no such program, unknown build, contradictory options.
    """
    progress = progress or Silent()
    outputs.check_rule(request.same)
    check_file(request.program)
    began = time.monotonic()
    builds, notes = plan.choose_builds(request.pythons)
    lanes = _prepared(plan.runtimes(builds, request), builds, request, progress)
    record = Record(request.program.argv[0])
    with tempfile.TemporaryDirectory(prefix="ungil-") as scratch:
        cores = _cores()
        rounds = Rounds(request, cores, Path(scratch), record.folder, progress)

        def result(complete: bool) -> Trial:
            return _result(request, lanes, rounds, cores, began, builds, notes, complete)

        def save(complete: bool = False) -> None:
            record.save(result(complete), builds[0].spec)

        today = lanes[0]
        first = rounds.try_today(today) if today.open else None
        if first is not None:
            planned, more = plan.after_first_run([lane.runtime for lane in lanes], first)
            notes += more
            lanes = _replanned(lanes, planned)
        progress.planned(runs=len(lanes) * 4, rows=len(lanes))
        save()
        rounds.warm_up(lanes, today)
        save()
        rounds.timed(lanes, today, after_round=save)
        rounds.memory_again(lanes, today)
        save(complete=True)
        return result(complete=True), record.path


def _prepared(
    runtimes: Sequence[plan.Runtime], builds: Sequence[Build], request: Request, progress: Progress
) -> list[Lane]:
    """A lane for each runtime, with the program's dependencies on its build."""
    places: dict[str, Lane] = {}
    errors: list[UngilError] = []
    needs = pythons.dependencies_of(
        os.getcwd() if request.program.module else request.program.argv[0],
        request.with_,
        request.with_requirements,
        not request.project,
    )
    for build in builds:
        progress.preparing(build.spec, "preparing")
        environment = pythons.prepare(build, needs, partial(progress.preparing, build.spec))
        place = Lane(plan.Runtime(build, "as-is"), unavailable=environment.error)
        if environment.error is None:
            try:
                place.program = find_script(request.program, environment.executable)
                place.python = environment.executable
            except UngilError as error:
                place.unavailable = str(error)
                errors.append(error)
        places[build.executable] = place
    if len(errors) == len(builds):
        raise errors[0]
    if all(place.unavailable for place in places.values()):
        why = "; ".join(f"{place.runtime.build.spec}: {place.unavailable}" for place in places.values())
        raise UngilError(f"the program can run on no build: {why}")
    return [_lane(runtime, places[runtime.build.executable]) for runtime in runtimes]


def _lane(runtime: plan.Runtime, like: Lane) -> Lane:
    """A new lane, with the program and its dependencies as another one of this build has them."""
    return Lane(runtime, like.python, like.program, like.unavailable or runtime.unavailable)


def _replanned(lanes: Sequence[Lane], planned: Sequence[plan.Runtime]) -> list[Lane]:
    """The lanes of the new plan; those that stood in the old one go on with what they know."""
    old = {lane.runtime: lane for lane in lanes}
    # Any model but `interpreters` will do: what that lacks, others of the build may have.
    of_build = {lane.runtime.build.executable: lane for lane in lanes if lane.runtime.unavailable is None}
    return [old.get(runtime) or _lane(runtime, of_build[runtime.build.executable]) for runtime in planned]


def _result(
    request: Request,
    lanes: Sequence[Lane],
    rounds: Rounds,
    cores: int,
    began: float,
    builds: Sequence[Build],
    notes: Sequence[str],
    complete: bool,
) -> Trial:
    how = outputs.how_to_compare(request.same, lanes[0].outputs)
    rows = tuple(row(lane, lanes[0], how, rounds.counted, cores) for lane in lanes)
    argv = (*(["-m"] if request.program.module else []), *request.program.argv)
    return Trial(
        argv=argv,
        cores=cores,
        rounds=len(rounds.counted),
        elapsed_s=time.monotonic() - began,
        same=request.same,
        rows=rows,
        trade_offs=trade_offs(rows, builds),
        verdict=judge(rows, command_of(request, builds, argv)) if complete else None,
        builds=tuple(builds),
        notes=(*notes, *_disturbed(rounds)),
        complete=complete,
    )


def _disturbed(rounds: Rounds) -> list[str]:
    left_out = rounds.done - len(rounds.counted)
    told = [f"{rounds.repeated} timed runs were made again"] if rounds.repeated else []
    told += [f"{left_out} rounds are left out"] if left_out else []
    return [f"Others on this machine disturbed the trial: {', '.join(told)}."] if told else []


def _cores() -> int:
    """That this process, and so the program, may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""``ungil race`` on the corpus: what is wrong is found on its line and shown, what is right is left alone.

A sample of it; with ``UNGIL_TESTS=exhaustive`` in the environment, all. ``benchmarks/race`` has the table.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ungil.errors import UngilError
from ungil.launch import Program as Launched
from ungil.race.explore import find
from ungil.race.request import RaceRequest
from ungil.race.result import Race

from .corpus import FOLDER, Program, programs

Need = Callable[[str], str]

STUCK = 121
"""Exit status of a run whose threads wait for ever."""
ALL = os.environ.get("UNGIL_TESTS") == "exhaustive"
BUILDS = ("3.12", "3.13t", "3.14", "3.14t", "3.15t") if ALL else ("3.13t", "3.14t")
BUGS = {
    "bank_account": "a lost update of an attribute",
    "stock_levels": "a getter and a setter that each take the lock",
    "session_cache": "check, then act",
    "work_list": "check, then pop",
    "metric_export": "a change during an iteration",
    "square_roots": "changed after it was handed over",
    "gate": "a missed signal",
    "log_rotation": "a deadlock of a lock and a join",
    "wallet_transfer": "locks taken in opposite orders",
}
RIGHT = ("lazy_connection", "ordered_transfer", "deque_pipeline")


def chosen(folder: str, names: tuple[str, ...]) -> list[Program]:
    return [program for program in programs(folder) if ALL or program.path.stem in names]


def explore(python: str, script: Path, folder: Path, **more: object) -> Race:
    request = RaceRequest(
        python=python,
        build="test",
        program=Launched((str(script),)),
        cwd=str(folder),
        budget_s=60,
        seed=1,
        **more,  # type: ignore[arg-type]  # fields of the request
    )
    return find(request, lambda _: None)


@pytest.mark.parametrize("spec", BUILDS)
@pytest.mark.parametrize("program", chosen("buggy", tuple(BUGS)), ids=lambda program: program.path.stem)
def test_a_bug_is_found_on_its_line(need: Need, spec: str, program: Program, tmp_path: Path) -> None:
    race = explore(need(spec), program.path, tmp_path)

    assert race.program.exit_status in (0, STUCK)  # a program with a deadlock may show it at once
    found = {place.line for finding in race.findings for place in finding.places if place.path == str(program.path)}
    assert found & program.lines, [finding.message for finding in race.findings]
    assert not [remark for remark in race.remarks if "fault" in remark]


@pytest.mark.parametrize("spec", BUILDS)
@pytest.mark.parametrize("program", chosen("correct", RIGHT), ids=lambda program: program.path.stem)
def test_nothing_is_found_where_nothing_is_wrong(need: Need, spec: str, program: Program, tmp_path: Path) -> None:
    race = explore(need(spec), program.path, tmp_path)

    assert race.program.exit_status == 0
    assert [finding.message for finding in race.findings] == []
    assert not [remark for remark in race.remarks if "fault" in remark]


@pytest.mark.parametrize("spec", BUILDS)
@pytest.mark.parametrize("program", chosen("harmless", ("stop_flag", "lazy_constant")), ids=lambda p: p.path.stem)
def test_harmless_idioms_are_notes_at_most(need: Need, spec: str, program: Program, tmp_path: Path) -> None:
    assert [finding.message for finding in explore(need(spec), program.path, tmp_path).findings] == []


@pytest.mark.parametrize("spec", BUILDS)
def test_a_saved_schedule_shows_the_same_again(need: Need, spec: str, tmp_path: Path) -> None:
    script = FOLDER / "buggy" / "seat_booking.py"
    first = explore(need(spec), script, tmp_path, runs=12, save=str(tmp_path / "saved"))
    saved = [finding.evidence["replay"] for finding in first.findings if "replay" in finding.evidence]

    again = explore(need(spec), script, tmp_path, runs=5, replay=saved[0])

    assert [finding.code for finding in again.findings] == ["UNG302"]
    assert again.findings[0].evidence["tried"] == 5
    assert again.findings[0].evidence["shown"] >= 4


@pytest.mark.parametrize("spec", BUILDS)
def test_a_saved_schedule_of_another_program_is_refused(need: Need, spec: str, tmp_path: Path) -> None:
    script = FOLDER / "buggy" / "seat_booking.py"
    first = explore(need(spec), script, tmp_path, runs=12, save=str(tmp_path / "saved"))
    saved = [finding.evidence["replay"] for finding in first.findings if "replay" in finding.evidence]

    with pytest.raises(UngilError, match="has changed"):
        explore(need(spec), FOLDER / "buggy" / "bank_account.py", tmp_path, replay=saved[0])


OWN = """
from ungil import Executor


def square(n):
    return n * n


with Executor(max_workers=3, model="threads") as pool:
    assert list(pool.map(square, range(30))) == [n * n for n in range(30)]
    futures = [pool.submit(square, n) for n in range(10)]
    assert sum(future.result() for future in futures) == sum(n * n for n in range(10))
    assert sorted(pool.map_unordered(square, range(20))) == [n * n for n in range(20)]
"""


@pytest.mark.parametrize("spec", BUILDS)
def test_our_own_pool_has_no_race(need: Need, spec: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(OWN)

    race = explore(need(spec), tmp_path / "program.py", tmp_path, include=("ungil",), runs=30)

    assert race.program.exit_status == 0
    assert race.explored.modules > 5
    assert [finding.message for finding in race.findings if finding.status == "confirmed"] == []

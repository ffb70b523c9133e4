"""The corpus is what it says: small programs that run as they are, on every build, and by themselves show nothing."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable

import pytest

from .corpus import FOLDERS, Program, programs

BUILDS = ("3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t")
FREE = ("3.13t", "3.14t")
"""Where bugs show most."""
KINDS = {
    "lost-update",
    "check-then-act",
    "iteration-mutation",
    "shared-iterator",
    "torn-read",
    "publish-before-ready",
    "inconsistent-locks",
    "lock-order-inversion",
    "deadlock",
    "missed-signal",
    "wait-without-loop",
    "changed-after-submit",
    "uncaught-exception",
    "hang",
    "failed-check",
    "crash",
}
"""The names of the findings."""
LEAST = {"buggy": 36, "correct": 36, "deep": 4, "harmless": 8}
ATTEMPTS = 4
"""A program with a bug may show it. That it does so this often in a row means that it needs no tool to be found."""

everything = [
    pytest.param(folder, program, id=f"{folder}/{program.path.stem}")
    for folder in FOLDERS
    for program in programs(folder)
]


@pytest.mark.parametrize("folder", FOLDERS)
def test_there_are_enough(folder: str) -> None:
    assert len(programs(folder)) >= LEAST[folder]


def test_every_class_is_there_and_half_of_the_buggy_check_themselves() -> None:
    buggy = programs("buggy")
    symptoms = {"uncaught-exception", "hang", "failed-check", "crash"}
    assert {name for program in buggy for name in {program.kind, *program.also}} - symptoms == KINDS - symptoms
    assert sum(bool(program.arguments) for program in buggy) * 2 >= len(buggy)


@pytest.mark.parametrize(("folder", "program"), everything)
def test_what_a_program_says_of_itself(folder: str, program: Program) -> None:
    text = program.path.read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 12))
    assert text.startswith("# kind: ")
    assert 10 <= len(text.splitlines()) <= 75
    if folder in ("buggy", "deep"):
        assert program.kind in KINDS
        assert program.also <= KINDS - {program.kind}
        assert program.lines
        assert ("--check" in text) == (program.arguments == ("--check",))
    else:
        assert program.kind == folder
        assert not program.lines
        assert not program.arguments


@pytest.mark.parametrize(
    "build",
    [pytest.param(build, marks=() if build in FREE else pytest.mark.exhaustive) for build in BUILDS],
)
@pytest.mark.parametrize(("folder", "program"), everything)
def test_a_program_ends_well_and_soon_by_itself(
    folder: str, program: Program, build: str, need: Callable[[str], str]
) -> None:
    quick = [need(build), "-I", "-W", "error", str(program.path), *program.arguments]
    told = ""
    for _ in range(ATTEMPTS if program.lines else 1):
        try:
            done = subprocess.run(quick, capture_output=True, text=True, timeout=5 if program.lines else 60)
        except subprocess.TimeoutExpired:
            told = "it hung"
            continue
        if done.returncode == 0 and not done.stderr:
            assert done.stdout
            return
        told = f"exit status {done.returncode}: {done.stderr}"
    pytest.fail(told)

"""Unmodified programs of other people give the same under substitution as without it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Need = Callable[[str], str]

pytestmark = [pytest.mark.network, pytest.mark.slow]

UNTIDY = """import os,sys
def add( a,b ):
    unused = 1
    return a+b
class Thing :
    def method(self) :
        x = { 'a':1 , "b":2 }
        return x
"""

PROGRAMS = {
    "compileall": (["-m", "compileall", "-q", "-f", "-j", "2", "tree"], []),
    "black": (["black", "--workers", "2", "--check", "tree"], ["black"]),
    "autopep8": (["autopep8", "-j", "2", "--diff", "-r", "tree"], ["autopep8"]),
    "flake8": (["flake8", "-j", "2", "tree"], ["flake8"]),
    "joblib": (["sums.py"], ["joblib"]),
    "pylint": (
        ["pylint", "-j", "2", "--score=n", "--disable=all", "--enable=E,unused-import", "tree"],
        ["pylint", "setuptools"],
    ),
}

JOBLIB = """
from joblib import Parallel, delayed

def total(n):
    return sum(range(n))

print(Parallel(n_jobs=2)(delayed(total)(n) for n in range(50)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(8):
        package = tmp_path / "tree" / f"package{number}"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        for name in range(3):
            (package / f"module{name}.py").write_text(UNTIDY.replace("add", f"add_{number}_{name}"))
    (tmp_path / "sums.py").write_text(JOBLIB)
    return tmp_path


def run(folder: Path, python: str, model: str, name: str) -> subprocess.CompletedProcess[str]:
    command, needs = PROGRAMS[name]
    options = [option for need in needs for option in ("--with", need)]
    return subprocess.run(
        [sys.executable, "-m", "ungil", "run", "--python", python, "--model", model, *options, *command],
        cwd=folder, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def lines(text: str) -> list[str]:
    """In order of completion, these programs print."""
    return sorted(line for line in text.splitlines() if not line.startswith("ungil:"))


@pytest.mark.parametrize("build", ["3.13t", "3.14", "3.14t"])
@pytest.mark.parametrize("model", ["serial", "threads", "processes"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_same_output_and_status_as_without(folder: Path, need: Need, name: str, model: str, build: str) -> None:
    plain = run(folder, need(build), "as-is", name)
    replaced = run(folder, need(build), model, name)
    assert "ungil: " in replaced.stderr, "the pool that was replaced is told"
    if name == "pylint" and model == "threads":
        # Its workers own globals of pylint and astroid: same, or named.
        assert "global" in replaced.stderr or lines(replaced.stdout) == lines(plain.stdout), replaced.stderr
        return
    assert lines(replaced.stdout) == lines(plain.stdout)
    assert replaced.returncode == plain.returncode

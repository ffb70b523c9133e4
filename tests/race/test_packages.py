"""The own tests of packages that use threads pass under instrumentation as they do without it."""

from __future__ import annotations

import importlib
import os
import subprocess
import tarfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ungil.launch import Program
from ungil.race.core import core
from ungil.race.runner import Runner

pytestmark = [pytest.mark.network, pytest.mark.slow]

TIMEOUT_S = 600
ATTEMPTS = 2
"""Some of their tests depend on the time of day and on a quiet machine: one success is enough, on both sides."""


class Suite(NamedTuple):
    """A release, and which of its tests are run."""

    release: str
    module: str
    tests: tuple[str, ...]
    requires: tuple[str, ...] = ()


SUITES = {
    "cachetools": Suite("cachetools==8.0.2", "cachetools", ("tests",)),
    "prometheus_client": Suite(
        "prometheus_client==0.26.0", "prometheus_client", ("tests",), ("asgiref", "django", "twisted", "aiohttp")
    ),
    "kombu": Suite(
        "kombu==5.7.0",
        "kombu",
        tuple(
            f"t/unit/{part}"
            for part in ("transport/test_memory.py", "transport/virtual", "utils", "test_connection.py")
        ),
        ("hypothesis", "pytest-freezer", "pyyaml", "msgpack"),
    ),
}


def uv(*arguments: str) -> None:
    done = subprocess.run(
        [importlib.import_module("uv").find_uv_bin(), *arguments], capture_output=True, text=True, timeout=TIMEOUT_S
    )
    if done.returncode != 0:
        pytest.skip(f"cannot be installed: {done.stderr.strip()[-300:]}")


def passed(report: Path) -> set[str]:
    cases = ElementTree.parse(report).iter("testcase")
    return {f"{case.get('classname')}::{case.get('name')}" for case in cases if len(case) == 0}


@pytest.mark.parametrize("build", ["3.14t", "3.14"])
@pytest.mark.parametrize("name", SUITES)
def test_its_own_tests_pass(name: str, build: str, tmp_path: Path, need: Callable[[str], str]) -> None:
    suite = SUITES[name]
    uv("venv", "--python", need(build), str(tmp_path / "venv"))
    python = str(tmp_path / "venv" / "bin" / "python")
    uv("pip", "install", "--python", python, "pip", "pytest", suite.release, *suite.requires)
    got = subprocess.run(
        [python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", suite.release],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    if got.returncode != 0:
        pytest.skip(f"its source cannot be had: {got.stderr.strip()[-300:]}")
    [archive] = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(tmp_path, filter="data")
    folder = tmp_path / archive.name.removesuffix(".tar.gz")
    report = tmp_path / "report.xml"
    command = ("pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *suite.tests)

    plain: set[str] = set()
    for _ in range(ATTEMPTS):
        subprocess.run([python, "-m", *command], cwd=folder, capture_output=True, timeout=TIMEOUT_S, check=False)
        plain |= passed(report)
        report.unlink()
    assert plain
    for mode in ("watch", "observe"):
        instrumented: set[str] = set()
        with Runner(
            python,
            Program(command, module=True),
            include=(suite.module,),
            core=core(python)[0],
            environ=os.environ,
            cwd=str(folder),
        ) as runner:
            for _ in range(ATTEMPTS):
                ran = runner.run({"mode": mode}, timeout_s=TIMEOUT_S)
                assert not ran.timed_out
                assert not [event for event in ran.events if event["event"] in ("fault", "not-instrumented")]
                instrumented |= passed(report)
                report.unlink()
                if plain <= instrumented:
                    break
        assert plain - instrumented == set(), ran.stdout[-3000:].decode(errors="replace")

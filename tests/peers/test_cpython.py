"""CPython's own tests of its pools pass with ours in their place, but for those that ``listed.py`` says why not.

The tests are those of the interpreter under test (see ``run.py``, which it runs).
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import ungil

HERE = Path(__file__).parent
SOURCES = str(Path(ungil.__file__).parent.parent)
STARTS = 4
"""A test that hangs takes two minutes and a new start; a pool that hangs more often than that need not be run on."""

# What is run where, and how many tests have to pass at least. All kinds on one version's two builds taken together; of
# the other builds, no more than the time of a run allows.
WAYS = {
    "threads": (("3.13", "3.14", "3.14t", "3.15", "3.15t"), 60),
    "interpreters": (("3.14", "3.14t"), 30),
    "fork": (("3.13", "3.14t", "3.15t"), 40),
    "forkserver": (("3.13", "3.14t", "3.15t"), 45),
    "spawn": (("3.14",), 50),
}


class Outcome(NamedTuple):
    what: str
    detail: str


def environment(folder: Path) -> dict[str, str]:
    """With cloudpickle, which is a single folder of Python: the tests send functions that stand in functions."""
    (folder / "libraries").mkdir(exist_ok=True)
    spec = importlib.util.find_spec("cloudpickle")
    assert spec is not None and spec.origin is not None
    link = folder / "libraries" / "cloudpickle"
    if not link.exists():
        link.symlink_to(Path(spec.origin).parent)
    path = os.pathsep.join([SOURCES, str(link.parent)])
    return {"PYTHONPATH": path, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}


def need_tests(python: str) -> None:
    """Skip the test where an interpreter comes without its tests."""
    find = "import importlib.util as u; print(u.find_spec('test') and u.find_spec('test.test_concurrent_futures'))"
    found = subprocess.run([python, "-I", "-c", find], capture_output=True, text=True, timeout=60, check=True)
    if found.stdout == "None\n":
        pytest.skip(f"{python} has no test.test_concurrent_futures (Debian has it in libpython3.x-testsuite)")


def outcomes(python: str, kind: str, folder: Path) -> dict[str, Outcome]:
    """Test to outcome; where one hung, which ends the program, the rest is taken up by a further start."""
    file, said = folder / "outcomes", folder / "said"
    environ = environment(folder)
    for _ in range(STARTS):
        with said.open("w") as stream:
            process = subprocess.Popen(
                [python, str(HERE / "run.py"), kind, str(file)],
                env=environ,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
            try:
                process.wait(timeout=600)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # and the workers it may have left
                process.wait()
        text = said.read_text(errors="replace")
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        assert lines, f"the tests did not begin: {text[-5000:]}"
        if lines[-1]["outcome"] == "end":
            break
        what = lines[-1]["test"] if lines[-1]["outcome"] == "started" else f"what comes after {lines[-1]['test']}"
        with file.open("a") as more:
            more.write(json.dumps({"test": what, "outcome": "hung", "detail": text[-20_000:]}) + "\n")
    else:
        pytest.fail(f"the tests did not come to their end in {STARTS} starts: {text[-20_000:]}")
    return {line["test"]: Outcome(line["outcome"], line["detail"]) for line in lines[:-1]}


@pytest.fixture(scope="module")
def listed() -> Any:
    """``listed.py``, which stands beside programs and not in a package."""
    spec = importlib.util.spec_from_file_location("listed", HERE / "listed.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "spec"), [(kind, spec) for kind, (specs, _) in WAYS.items() for spec in specs])
def test_the_librarys_tests_pass(kind: str, spec: str, need: Callable[[str], str], tmp_path: Path, listed: Any) -> None:
    python = need(spec)
    need_tests(python)
    found = outcomes(python, kind, tmp_path)
    bad = {name: one for name, one in found.items() if one.what in ("failed", "hung")}
    unlisted = {name: one.detail for name, one in bad.items() if not listed.pattern_of(name, listed.DIFFERENT)}
    text = "\n\n".join(f"{name}\n{detail}" for name, detail in unlisted.items())
    assert not unlisted, f"{len(unlisted)} of the library's tests fail with our pools: {', '.join(unlisted)}\n\n{text}"
    hung = [name for name, one in bad.items() if one.what == "hung"]
    assert not hung, f"tests that are listed to fail hang: {hung}"
    stale = [name for name, one in found.items() if one.what == "passed" and listed.pattern_of(name, listed.DIFFERENT)]
    assert not stale, f"tests that are listed to fail pass: {stale}"
    assert sum(one.what == "passed" for one in found.values()) >= WAYS[kind][1]


def test_every_pattern_is_of_a_test(need: Callable[[str], str], tmp_path: Path, listed: Any) -> None:
    tests: set[str] = set()
    for spec in ("3.13", "3.14", "3.15"):  # a pattern may be of a test that only one of them has
        python = need(spec)
        need_tests(python)
        run = subprocess.run(
            [python, str(HERE / "run.py")],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        tests.update(run.stdout.split())
    assert len(tests) > 200
    patterns = [*listed.DIFFERENT, *listed.NOT_RUN]
    assert [pattern for pattern in patterns if not any(listed.pattern_of(test, {pattern: ""}) for test in tests)] == []
    assert not set(listed.DIFFERENT) & set(listed.NOT_RUN)
    assert all([*listed.DIFFERENT.values(), *listed.NOT_RUN.values()]), "without a reason"

"""joblib's programs do the same under every model, and what carries them out is told."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ungil.launch.command import environment
from ungil.substitute.settings import Settings

if importlib.util.find_spec("joblib") is None:
    pytest.skip("needs joblib beside the tests", allow_module_level=True)

PROGRAMS = Path(__file__).parent / "programs" / "joblib"
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py"))

Ran = tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]
RunScript = Callable[[Path, Settings], Ran]


@pytest.fixture
def run_script(tmp_path: Path) -> RunScript:
    """Runs a program with the interpreter of the tests, which has joblib."""

    def run(script: Path, settings: Settings) -> Ran:
        events = tmp_path / "events"
        events.write_text("")
        environ = environment(settings, environ=os.environ, gil="default", events=str(events))
        done = subprocess.run([sys.executable, str(script)], env=environ, capture_output=True, text=True, timeout=120)
        told = [json.loads(line) for line in events.read_text().splitlines()]
        assert not any(event.get("code") == "inside-failed" for event in told), told
        return done, told

    return run


@pytest.fixture(scope="module")
def expected() -> Callable[[str], tuple[int, str]]:
    """What a program prints natively."""
    known: dict[str, tuple[int, str]] = {}

    def natively(name: str) -> tuple[int, str]:
        if name not in known:
            done = subprocess.run(
                [sys.executable, str(PROGRAMS / f"{name}.py")], capture_output=True, text=True, timeout=120
            )
            assert done.stdout, done.stderr
            known[name] = (done.returncode, done.stdout)
        return known[name]

    return natively


@pytest.mark.parametrize("model", ["as-is", "serial", "threads", "processes", "interpreters", "auto"])
@pytest.mark.parametrize("name", NAMES)
def test_same_output(name: str, model: Any, run_script: RunScript, expected: Callable[[str], tuple[int, str]]) -> None:
    done, told = run_script(PROGRAMS / f"{name}.py", Settings(model, 3))
    assert (done.returncode, done.stdout) == expected(name), done.stderr
    assert any(event["event"] == ("pool" if model == "as-is" else "substituted") for event in told)


SCRIPT = """\
from joblib import Parallel, delayed, effective_n_jobs
COUNT = 0
def count(n):
    global COUNT
    COUNT += n
    return n
if __name__ == "__main__":
    print(Parallel(n_jobs=2)(delayed(count)(n) for n in range(4)))
    print(Parallel(n_jobs=1)(delayed(count)(n) for n in range(4)))
    print(effective_n_jobs(4), effective_n_jobs(1))
"""


@pytest.mark.parametrize(
    ("model", "by", "workers"), [("serial", "serial", 1), ("threads", "threads", 3), ("processes", "processes", 3)]
)
def test_what_carries_it_out_is_told(model: Any, by: str, workers: int, run_script: RunScript, tmp_path: Path) -> None:
    script = tmp_path / "prog.py"
    script.write_text(SCRIPT)
    done, told = run_script(script, Settings(model, 3))
    assert done.stdout == "[0, 1, 2, 3]\n[0, 1, 2, 3]\n3 1\n", done.stderr
    assert [event for event in told if event["event"] == "substituted"] == [
        {
            "event": "substituted",
            "pool": "joblib.Parallel",
            "path": str(script),
            "line": 8,
            "workers": workers,
            "asked": 2,
            "model": by,
            "initializer": False,
        }
    ]
    named = [(event["code"], event["line"]) for event in told if event["event"] == "named"]
    assert named == ([("worker-global", 5)] if model == "threads" else [])


def test_interpreters_are_named(run_script: RunScript, tmp_path: Path) -> None:
    script = tmp_path / "prog.py"
    script.write_text(SCRIPT)
    done, told = run_script(script, Settings("interpreters"))
    assert done.stdout.startswith("[0, 1, 2, 3]\n"), done.stderr
    assert {event["code"] for event in told if event["event"] == "named"} == {"joblib-interpreters"}
    assert {event["model"] for event in told if event["event"] == "substituted"} == {"processes"}

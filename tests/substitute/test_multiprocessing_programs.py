"""Programs of every style of multiprocessing do the same under every model, or what differs is named."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ungil.launch.command import environment
from ungil.substitute.settings import Model, Settings

PROGRAMS = Path(__file__).parent / "programs" / "multiprocessing"
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py"))
SPECS = ("3.10", "3.13t", "3.14", "3.14t")
TIMEOUT_S = 120

# What must differ, and the code under which it has to be named.
NAMED: dict[tuple[str, Model], str] = {
    ("alarm_timeout", "threads"): "signal",
    ("alarm_timeout", "interpreters"): "signal",
    ("changed_arguments", "serial"): "argument",
    ("changed_arguments", "threads"): "argument",
    ("initializer_prints", "serial"): "initializer",
    ("worker_database", "threads"): "worker-global",
    ("count_pids", "serial"): "getpid",
    ("count_pids", "threads"): "getpid",
    ("count_pids", "interpreters"): "getpid",
    ("own_results_list", "serial"): "worker-global",
    ("own_results_list", "threads"): "worker-global",
    ("seeded_tasks", "threads"): "random-seed",
    ("worker_environ", "threads"): "environ",
    ("nested_pool", "interpreters"): "daemon-threads",
}


@dataclass(frozen=True)
class Outcome:
    status: int
    stdout: str

    def in_any_order(self) -> Outcome:
        return Outcome(self.status, "\n".join(sorted(self.stdout.splitlines())))


def run(python: str, name: str, environ: dict[str, str]) -> tuple[Outcome, str]:
    command = [python, f"{name}.py"]
    # Buffered, as a program's output into a pipe is: what workers print is written when they end.
    environ = {key: value for key, value in environ.items() if key != "PYTHONUNBUFFERED"}
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(command, cwd=PROGRAMS, env=environ, capture_output=True, text=True, timeout=TIMEOUT_S)
    return Outcome(done.returncode, done.stdout), done.stderr


@functools.cache
def natively(python: str, name: str) -> tuple[Outcome, bool]:
    """What the program does by itself, and whether it does the same again."""
    first, stderr = run(python, name, dict(os.environ))
    assert first.stdout, stderr
    return first, run(python, name, dict(os.environ))[0] == first


def events_of(
    python: str, name: str, model: Model, folder: Path, **settings: int
) -> tuple[Outcome, list[dict[str, object]]]:
    events = folder / "events"
    events.touch()
    environ = environment(Settings(model, **settings), environ=os.environ, gil="default", events=str(events))
    outcome, stderr = run(python, name, environ)
    told = [json.loads(line) for line in events.read_text().splitlines()]
    assert not any(event.get("code") == "inside-failed" for event in told), stderr
    return outcome, told


@pytest.mark.parametrize("model", ["as-is", "serial", "threads", "interpreters", "processes", "auto"])
@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("name", NAMES)
def test_same_output_or_named(name: str, spec: str, model: Model, need: Callable[[str], str], tmp_path: Path) -> None:
    if model == "interpreters" and spec < "3.14":
        pytest.skip("interpreters came with Python 3.14")
    python = need(spec)
    expected, is_steady = natively(python, name)
    outcome, events = events_of(python, name, model, tmp_path)
    if outcome == expected or (not is_steady and outcome.in_any_order() == expected.in_any_order()):
        return
    # Lines that workers print at the same time come in the order that they end in.
    if name == "many_prints" and outcome.in_any_order() == expected.in_any_order():
        return
    stands_for: Model = model if model != "auto" else "threads" if spec.endswith("t") else "interpreters"
    assert (name, stands_for) in NAMED, f"{outcome}\nnot\n{expected}"
    assert NAMED[name, stands_for] in {event.get("code") for event in events}, events

"""Programs with pools of concurrent.futures do the same under every model, or what differs is named."""

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

PROGRAMS = Path(__file__).parent / "programs" / "futures"
NAMES = sorted([path.stem for path in PROGRAMS.glob("*.py")] + ["package"])
WAYS: list[tuple[str, Model]] = [
    *(("3.10", model) for model in ("serial", "threads", "processes")),
    *(("3.14", model) for model in ("as-is", "serial", "threads", "interpreters", "processes", "auto")),
    *(("3.13t", model) for model in ("serial", "threads", "processes")),
    *(("3.14t", model) for model in ("serial", "threads", "interpreters", "processes")),
]

# What must differ, and the code under which it has to be named.
NAMED: dict[tuple[str, Model], str] = {
    ("cancels", "serial"): "cancel",
    ("lambda_to_processes", "serial"): "closure",
    ("lambda_to_processes", "threads"): "closure",
    ("own_globals", "serial"): "worker-global",
    ("own_globals", "threads"): "worker-global",
    ("thread_closure", "interpreters"): "closure",
    ("thread_closure", "processes"): "closure",
    ("thread_shares", "interpreters"): "worker-global",
    ("thread_shares", "processes"): "worker-global",
    ("cancels", "interpreters"): "worker-global",
    ("cancels", "processes"): "worker-global",
}


@dataclass(frozen=True)
class Outcome:
    status: int
    stdout: str


def run(python: str, name: str, environ: dict[str, str]) -> tuple[Outcome, str]:
    what = ["-m", "package", "an argument"] if name == "package" else [f"{name}.py"]
    done = subprocess.run([python, *what], cwd=PROGRAMS, env=environ, capture_output=True, text=True, timeout=120)
    return Outcome(done.returncode, done.stdout), done.stderr


@functools.cache
def natively(python: str, name: str) -> Outcome:
    plain = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    first, stderr = run(python, name, plain)
    assert first.stdout, stderr
    if run(python, name, plain)[0] != first:
        pytest.skip(f"{name} differs from itself on this interpreter")
    return first


@pytest.mark.parametrize(("spec", "model"), WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_same_output_or_named(name: str, spec: str, model: Model, need: Callable[[str], str], tmp_path: Path) -> None:
    python = need(spec)
    expected = natively(python, name)
    events = tmp_path / "events"
    events.touch()
    environ = environment(Settings(model), environ=os.environ, gil="default", events=str(events))
    outcome, stderr = run(python, name, {**environ, "PYTHONDONTWRITEBYTECODE": "1"})
    codes = {event.get("code") for event in map(json.loads, events.read_text().splitlines())}
    assert "inside-failed" not in codes, events.read_text()
    if outcome != expected:
        stands_for: Model = "interpreters" if model == "auto" else model
        assert (name, stands_for) in NAMED, f"{outcome}\nnot\n{expected}\n{stderr}"
        assert NAMED[name, stands_for] in codes, codes

"""Start an interpreter on one case, and hear from it what it measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from case import Case
from outcome import Outcome, outcome

from ungil.pythons import Build

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1] / "src"

Events = list[dict[str, Any]]


@dataclass(frozen=True)
class Conditions:
    """What holds for every case."""

    rounds: int
    patience_s: float
    """After which a contestant that is not heard of hangs."""
    without: tuple[str, ...]
    """Contestants to leave out."""
    peers: Path | None


def measure(build: Build, case: Case, workers: Sequence[int], conditions: Conditions) -> Outcome:
    """Play the case in an interpreter of its own; again without it where a contestant hangs or ends the interpreter."""
    out: dict[str, str] = {}
    while True:
        events, trouble = _play(build, case, workers, conditions, [*conditions.without, *out])
        if trouble is None:
            break
        culprit = next((event["begin"] for event in reversed(events) if "begin" in event), "all")
        out[culprit] = trouble
        if culprit == "all":
            break
    events += [{"out": name, "reason": reason} for name, reason in out.items()]
    assert build.spec is not None and build.version is not None  # it was resolved, so it works
    return outcome(build.spec, build.version, case, workers, events)


def _play(
    build: Build, case: Case, workers: Sequence[int], conditions: Conditions, skip: Sequence[str]
) -> tuple[Events, str | None]:
    """What it told, and what went wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        events, errors = Path(folder, "events"), Path(folder, "stderr")
        events.touch()
        asked = {
            "case": case.name, "workers": workers, "rounds": conditions.rounds, "skip": skip, "events": str(events)
        }  # fmt: skip
        command = [build.executable, "-W", "ignore", str(HERE / "measured.py"), json.dumps(asked)]
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                command, env=_environment(conditions.peers), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
            )  # fmt: skip
            try:
                hung = not _ended(process, events, conditions.patience_s)
            finally:
                _sweep(process)
        told = [json.loads(line) for line in events.read_text().splitlines() if line.endswith("}")]
        if any("done" in event for event in told):
            return told, None
        last = (errors.read_text().strip().splitlines() or [""])[-1]
        return told, f"nothing heard for {conditions.patience_s:g} s" if hung else f"ended the interpreter: {last}"


def _ended(process: subprocess.Popen[bytes], events: Path, patience_s: float) -> bool:
    """Wait for the end, or for too long a silence."""
    heard, size = time.monotonic(), 0
    while time.monotonic() < heard + patience_s:
        try:
            process.wait(0.5)
            return True
        except subprocess.TimeoutExpired:
            pass
        if events.stat().st_size != size:
            heard, size = time.monotonic(), events.stat().st_size
    return False


def _sweep(process: subprocess.Popen[bytes]) -> None:
    """End what is left: a main process that hangs, workers that outlive it."""
    with suppress(ProcessLookupError):  # nothing is
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(peers: Path | None) -> dict[str, str]:
    """The folder of the tasks is on the path too: an InterpreterPoolExecutor's workers do not know the script's."""
    path = [HERE, HERE.parent, SOURCE] if peers is None else [HERE, HERE.parent, SOURCE, peers]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}

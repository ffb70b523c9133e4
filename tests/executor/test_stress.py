"""Many threads at one pool lose no task, run none twice and leave nothing (see stress.py, run by the interpreter)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import ungil

HERE = Path(__file__).parent
SOURCES = str(Path(ungil.__file__).parent.parent)
SECONDS = 5


@pytest.mark.slow
@pytest.mark.parametrize("model", ["serial", "threads", "interpreters", "processes"])
@pytest.mark.parametrize("spec", ["3.11", "3.13t", "3.14", "3.14t", "3.15t"])
def test_a_pool_under_many_threads(spec: str, model: str, need: Callable[[str], str]) -> None:
    if model == "interpreters" and spec < "3.14":
        pytest.skip("interpreters came with Python 3.14")
    seed = 1_000 * sum(map(ord, spec + model))
    command = [need(spec), str(HERE / "stress.py"), model, str(SECONDS), str(seed)]
    run = subprocess.run(
        command,
        env={"PYTHONPATH": SOURCES, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout, f"it hangs: {' '.join(command)}\n{run.stderr[-5000:]}"
    told = json.loads(run.stdout)
    assert told["failed"] is None, f"{' '.join(command)}\n{told['failed']}\n{run.stderr[-5000:]}"
    assert told["rounds"] > 0 and told["tasks"] > 0 and run.returncode == 0, run.stderr[-3000:]

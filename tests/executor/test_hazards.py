"""What breaks other pools does not break ours, on any interpreter (see hazards.py, run by the interpreter)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import ungil

HERE = Path(__file__).parent
SOURCES = str(Path(ungil.__file__).parent.parent)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["serial", "threads", "interpreters", "processes"])
@pytest.mark.parametrize("spec", ["3.10", "3.12", "3.13t", "3.14", "3.14t", "3.15t"])
def test_a_pool_outlives_what_breaks_others(spec: str, model: str, need: Callable[[str], str]) -> None:
    if model == "interpreters" and spec < "3.14":
        pytest.skip("interpreters came with Python 3.14")
    run = subprocess.run(
        [need(spec), str(HERE / "hazards.py"), model],
        env={"PYTHONPATH": SOURCES, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=1200,  # each check has a limit of its own, and says which one hangs
    )
    assert run.stdout, f"the checks did not come to their end: {run.stderr[-3000:]}"
    failed = json.loads(run.stdout)
    assert not failed, "\n\n".join(f"{name}: {what}" for name, what in failed.items())
    assert run.returncode == 0

"""One measured process, with a time limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
UNDER = HERE / "under"
"""Scripts that run a program as a peer wants it."""

FRONTRUN = ("-m", "frontrun.cli")
"""Before a command, as frontrun wants it."""


class OutError(Exception):
    """Why somebody takes no part."""


def told(command: Sequence[str], peers: Path | None, limit_s: float) -> dict[str, Any]:
    """What a command told of itself: its last line that is JSON.

    Raises:
        OutError: it told nothing, or not in time.
    """
    path = [PROGRAMS] if peers is None else [PROGRAMS, peers]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True
        )
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise OutError(f"not done in {limit_s:g} s") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        errors.seek(0)
        return last_told(output.read(), errors.read())


def last_told(output: bytes, errors: bytes) -> dict[str, Any]:
    """As :func:`told`, of the streams of a process that has ended."""
    for line in reversed(output.decode(errors="replace").splitlines()):
        if line.startswith("{"):
            with suppress(ValueError):
                found: dict[str, Any] = json.loads(line)
                return found
    last = (errors.decode(errors="replace").strip().splitlines() or ["it printed nothing"])[-1]
    raise OutError(last[:120])

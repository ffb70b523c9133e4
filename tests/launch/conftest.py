"""Programs run through ``launch``, as the tool runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ungil.launch import Program, Run
from ungil.launch import run as launch_run
from ungil.substitute.settings import Settings

_REPLACE = """
import json, os, sys
from ungil.launch import Program, replace_process
from ungil.substitute.settings import Settings
python, argv, module, model, gil, environ = json.loads(sys.argv[1])
os.environ.update(environ)
replace_process(python, Program(tuple(argv), module), Settings(model), gil=gil)
"""


@dataclass(frozen=True)
class Measured:
    run: Run
    stdout: str
    stderr: str


Measure = Callable[..., Measured]
Replaced = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def measure(tmp_path: Path) -> Measure:
    """``measure(python, code, *arguments, model=…, **options of launch.run)``: write the program, run it measured."""

    def measured(python: str, code: str, *arguments: str, model: Any = "as-is", **options: Any) -> Measured:
        script = tmp_path / "program.py"
        script.write_text(code)
        stdout, stderr = tmp_path / "stdout", tmp_path / "stderr"
        options.setdefault("timeout_s", 60)
        run = launch_run(
            python,
            Program((str(script), *arguments)),
            Settings(model),
            stdout=str(stdout),
            stderr=str(stderr),
            **options,
        )
        return Measured(run, stdout.read_text(), stderr.read_text())

    return measured


@pytest.fixture
def own_accounts() -> None:
    """Skip where a run cannot have a control group of its own."""
    from ungil.launch.supervise.group import Group

    try:
        Group().close()
    except OSError as error:
        pytest.skip(f"needs the right to make a control group: {error}")


@pytest.fixture
def replaced() -> Replaced:
    """``replaced(python, *argv, module=…)``: the program in place of a tool's process, as ``ungil run`` does it."""

    def run(
        python: str,
        *argv: str,
        module: bool = False,
        model: str = "as-is",
        gil: str = "default",
        environ: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.CompletedProcess[str]:
        request = json.dumps([python, argv, module, model, gil, dict(environ or {})])
        return subprocess.run(
            [sys.executable, "-c", _REPLACE, request],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **options,
        )

    return run

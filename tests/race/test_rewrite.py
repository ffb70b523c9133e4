"""Modules behave as ever when their accesses call hooks (see rewriting.py, which the interpreter itself runs)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import ungil

HERE = Path(__file__).parent
SOURCES = str(Path(ungil.__file__).parent.parent)
SPECS = ("3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t")


def run(python: str, group: str, folder: Path) -> None:
    cloudpickle = importlib.util.find_spec("cloudpickle")
    if cloudpickle is not None and cloudpickle.origin is not None:
        (folder / "cloudpickle").symlink_to(Path(cloudpickle.origin).parent)
    ran = subprocess.run(
        [python, str(HERE / "rewriting.py"), group, str(folder)],
        env={
            "PYTHONPATH": f"{SOURCES}:{folder}",
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONUTF8": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.stdout, f"the checks did not come to their end: {ran.stderr[-3000:]}"
    assert json.loads(ran.stdout) == {}, ran.stderr[-3000:]


@pytest.mark.parametrize("group", ["snippets", "calls", "bytecode", "sites", "work"])
@pytest.mark.parametrize("spec", SPECS)
def test_a_program_does_what_it_did(spec: str, group: str, need: Callable[[str], str], tmp_path: Path) -> None:
    run(need(spec), group, tmp_path)


@pytest.mark.exhaustive
@pytest.mark.parametrize("group", ["library", "tests"])
@pytest.mark.parametrize("spec", ["3.12", "3.13", "3.14t", "3.15"])
def test_the_standard_library_too(spec: str, group: str, need: Callable[[str], str], tmp_path: Path) -> None:
    run(need(spec), group, tmp_path)

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ungil import cli


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One good interpreter and one broken, and nothing else."""
    broken = tmp_path / "builds" / "broken" / "bin" / "python3.14"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("UNGIL_PYTHONS", f"{os.path.realpath(sys.executable)}{os.pathsep}{tmp_path / 'builds'}")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "UV_PYTHON_INSTALL_DIR", "PYENV_ROOT"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_the_listing_has_a_row_for_each_build_and_says_why_one_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.call(["pythons"]) == 0
    lines = capsys.readouterr().out.splitlines()
    good = next(line for line in lines if os.path.realpath(sys.executable) in line)
    assert sys.version.split()[0].rstrip("+") in good
    broken = next(line for line in lines if "broken" in line)
    assert "ended with exit status 3" in broken and broken.rstrip().endswith("python3.14")
    if not any(line.split()[:1] and line.split()[0].endswith("t") for line in lines):
        assert "ungil pythons install --pair" in lines[-1]


def test_the_document_has_every_fact_and_goes_to_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.call(["pythons", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["tool"], document["program"], document["build"]) == (1, "ungil", None, None)
    good, broken = document["builds"]
    names = "spec version executable free_threaded gil_enabled jit tail_call debug flags error pgo lto interpreters"
    assert set(names.split()) <= set(good)
    assert good["error"] is None and good["executable"] == os.path.realpath(sys.executable)
    assert broken["error"] == "ended with exit status 3" and broken["version"] is None


def test_the_document_goes_to_a_file_beside_the_table(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.call(["pythons", "--json", str(machine / "builds.json")]) == 0
    assert len(json.loads((machine / "builds.json").read_text())["builds"]) == 2
    assert "broken" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--json", "/nowhere/builds.json"], "cannot write /nowhere/builds.json"),
        (["install", "rubbish"], "'rubbish' names no interpreter build"),
        (["install", "3.12t"], "Python 3.12 has no free-threaded build"),
        (["install", "--variant", "fast"], "'fast' is not one of"),
        (["install", "3.13", "--variant", "tail-call"], "Python 3.13 has no tail-call interpreter"),
        (["install", "3.14", "3.15"], "unexpected extra argument"),
        (["--json", "-", "install"], "--json belongs to the listing"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.call(["pythons", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1 and captured.out == ""


def test_installing_what_is_here_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    version = sys.version.split()[0].rstrip("+")
    assert cli.call(["pythons", "install", version]) == 0
    captured = capsys.readouterr()
    assert captured.out.strip().endswith(os.path.realpath(sys.executable))
    assert "here already" in captured.err

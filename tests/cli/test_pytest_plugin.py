"""``pytest --ungil-race``: the same command, handed to ``ungil race``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ungil.pytest_plugin import without_ours

ROOT = Path(__file__).parents[2]
STAND_IN = """
import json, pathlib, sys
pathlib.Path("called.json").write_text(json.dumps(sys.argv))
print("report", flush=True)
sys.exit(3)
"""
"""Of ``python -m ungil``: says how it was called."""

RunPytest = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_pytest(tmp_path: Path) -> RunPytest:
    """pytest with the plugin in a folder with one test, where ``ungil`` is the stand-in."""
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    package = tmp_path / "stand-in" / "ungil"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN)
    (package / "pytest_plugin.py").symlink_to(ROOT / "src/ungil/pytest_plugin.py")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "ungil.pytest_plugin", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(package.parent), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def called(folder: Path) -> list[str]:
    """The arguments of ``ungil``."""
    arguments: list[str] = json.loads((folder / "called.json").read_text())
    return arguments[1:]


def test_the_whole_command_is_handed_over(run_pytest: RunPytest, tmp_path: Path) -> None:
    done = run_pytest("--ungil-race", "-x", "test_one.py", "-k", "one or two")

    race = ["race", "--python", os.path.abspath(sys.executable), "--no-project"]
    tests = ["-m", "pytest", "-p", "ungil.pytest_plugin", "-x", "test_one.py", "-k", "one or two"]
    assert called(tmp_path) == [*race, *tests]
    assert done.returncode == 3
    assert done.stdout == "report\n", "no word of pytest's own"
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("ungil: these tests run under ungil race --python ")
    assert done.stderr.endswith("-k 'one or two'\n")


def test_its_options_become_those_of_race(run_pytest: RunPytest, tmp_path: Path) -> None:
    run_pytest(
        "--ungil-race", "--ungil-race-json=r.json", "--ungil-race-sarif", "r.sarif",
        "--ungil-race-options", "--budget 5 --include 'a b'", "test_one.py",
    )  # fmt: skip

    arguments = called(tmp_path)
    assert arguments[4:10] == ["--budget", "5", "--include", "a b", "--json", "r.json"]
    assert arguments[10:] == ["--sarif", "r.sarif", "-m", "pytest", "-p", "ungil.pytest_plugin", "test_one.py"]


def test_a_flag_of_the_configuration_file_is_undone(run_pytest: RunPytest, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --ungil-race\n")

    run_pytest("test_one.py")

    arguments = called(tmp_path)
    assert arguments[-2:] == ["test_one.py", "--no-ungil-race"]
    assert run_pytest("--no-ungil-race", "test_one.py").returncode == 0


def test_the_workers_of_xdist_are_not_started(run_pytest: RunPytest, tmp_path: Path) -> None:
    pytest.importorskip("xdist")

    run_pytest("-p", "xdist", "-n", "2", "--ungil-race", "--", "test_one.py")

    assert called(tmp_path)[-4:] == ["2", "-n0", "--", "test_one.py"]


def test_without_the_flag_pytest_is_as_ever(run_pytest: RunPytest, tmp_path: Path) -> None:
    done = run_pytest("test_one.py")

    assert done.returncode == 0
    assert "1 passed" in done.stdout
    assert not (tmp_path / "called.json").exists()


def test_loading_it_imports_nothing() -> None:
    code = (
        "import sys, ungil, __future__; before = set(sys.modules); import ungil.pytest_plugin; "
        "print(sorted(set(sys.modules) - before))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert eval(done.stdout) == ["ungil.pytest_plugin"]


def test_it_is_an_entry_point_of_pytest() -> None:
    assert '[project.entry-points.pytest11]\nungil = "ungil.pytest_plugin"\n' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["--ungil-race"], []),
        (["-q", "--ungil-race", "tests"], ["-q", "tests"]),
        (["--ungil-race-json", "--ungil-race", "tests"], ["tests"]),
        (["--ungil-race-options="], []),
        (["--ungil-race-sarif"], []),
        (["--", "--ungil-race"], ["--", "--ungil-race"]),
        (["--ungil-racer"], ["--ungil-racer"]),
    ],
)
def test_arguments_without_its_own(arguments: list[str], left: list[str]) -> None:
    assert without_ours(arguments) == left

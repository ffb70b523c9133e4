"""Every model keeps a pool's promises on every interpreter (see conformance.py, which the interpreter itself runs)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import ungil

HERE = Path(__file__).parent
SOURCES = str(Path(ungil.__file__).parent.parent)
SPECS = ("3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t")


@pytest.mark.parametrize("model", ["serial", "threads", "interpreters", "processes"])
@pytest.mark.parametrize("spec", SPECS)
def test_a_pool_keeps_its_promises(spec: str, model: str, need: Callable[[str], str]) -> None:
    if model == "interpreters" and spec < "3.14":
        pytest.skip("interpreters came with Python 3.14")
    run = subprocess.run(
        [need(spec), str(HERE / "conformance.py"), model],
        env={"PYTHONPATH": SOURCES, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout, f"the checks did not come to their end: {run.stderr[-3000:]}"
    assert json.loads(run.stdout) == {}, run.stderr[-3000:]
    assert run.returncode == 0


def run_script(python: str, folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(text)
    return subprocess.run(
        [python, str(script)],
        env={"PYTHONPATH": SOURCES, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_an_unguarded_script_is_told_so(tmp_path: Path, need: Callable[[str], str]) -> None:
    """A worker interpreter runs the script for its functions; one that opens its pool again must not go on for ever."""
    run = run_script(
        need("3.14"),
        tmp_path,
        "import ungil\n"
        "def double(x):\n"
        "    return 2 * x\n"
        "with ungil.Executor(2, model='interpreters') as executor:\n"
        "    print(executor.submit(double, 2).result())\n",
    )
    assert run.returncode == 1
    assert "makes a pool when it is imported" in run.stderr
    assert "put that part under `if __name__ == '__main__':`" in run.stderr


def test_a_pool_left_open_does_not_keep_the_program(tmp_path: Path, need: Callable[[str], str]) -> None:
    for model in ("threads", "interpreters", "processes"):
        run = run_script(
            need("3.14"),
            tmp_path,
            "import ungil\n"
            "def double(x):\n"
            "    return 2 * x\n"
            "if __name__ == '__main__':\n"
            f"    executor = ungil.Executor(2, model={model!r})\n"
            "    executor.submit(double, 1)\n"
            "    print(executor.submit(double, 2).result())\n",
        )
        assert (run.stdout, run.stderr, run.returncode) == ("4\n", "", 0)


def test_threads_do_not_bring_multiprocessing_in(tmp_path: Path, need: Callable[[str], str]) -> None:
    run = run_script(
        need("3.14"),
        tmp_path,
        "import sys, ungil\n"
        "with ungil.Executor(2, model='threads') as executor:\n"
        "    executor.submit(len, 'ab').result()\n"
        "print('multiprocessing' in sys.modules)\n",
    )
    assert run.stdout == "False\n"

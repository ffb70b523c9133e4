"""``ungil run``: the program as its user would run it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Need = Callable[[str], str]

UNGIL = [sys.executable, "-c", "from ungil.cli import main; main()"]
POOL = """
import multiprocessing, os
def work(n):
    return n, os.getpid()
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        results = pool.map(work, range(4))
    print([n for n, _ in results], {pid for _, pid in results} == {os.getpid()})
"""


@pytest.fixture
def ungil_run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*UNGIL, "run", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **options,
        )

    return run


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], None]:
    return lambda code: (tmp_path / "program.py").write_text(code) and None


def test_options_behind_the_program_are_its_own(need: Need, ungil_run: Any, program: Any) -> None:
    program("import sys; print(sys.argv); print(sys.stdin.read(), end=''); sys.exit(7)")

    done = ungil_run("--python", need("3.14"), "program.py", "--python", "-m", "--", "--help", input="in")

    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout == "['program.py', '--python', '-m', '--', '--help']\nin"


def test_a_module(need: Need, ungil_run: Any) -> None:
    done = ungil_run("--python", need("3.14"), "-m", "json.tool", "--compact", input="[1,  2]")

    assert (done.returncode, done.stdout, done.stderr) == (0, "[1,2]\n", "")


def test_a_replaced_pool_is_told_with_its_place_unless_quiet(need: Need, ungil_run: Any, program: Any) -> None:
    program(POOL)
    options = ("--python", need("3.14t"), "--model", "threads", "--workers", "3")

    loud = ungil_run(*options, "program.py")
    quiet = ungil_run(*options, "--quiet", "program.py")

    assert loud.stdout == quiet.stdout == "[0, 1, 2, 3] True\n"
    assert quiet.stderr == ""
    assert "program.py:6: multiprocessing.Pool is run by threads, 3 workers (the program asked for 2)" in loud.stderr
    assert all(line.startswith("ungil: ") for line in loud.stderr.splitlines())


def test_as_it_is_the_program_keeps_its_processes(need: Need, ungil_run: Any, program: Any) -> None:
    program(POOL)

    done = ungil_run("--python", need("3.14"), "--model", "as-is", "program.py")

    assert (done.stdout, done.stderr) == ("[0, 1, 2, 3] False\n", "")


def test_the_gil_can_be_kept_off(need: Need, ungil_run: Any, program: Any) -> None:
    program("import os, sys; print(os.environ['PYTHON_GIL'], sys._is_gil_enabled())")

    assert ungil_run("--python", need("3.14t"), "--gil", "off", "program.py").stdout == "0 False\n"


def test_signals_reach_the_program_itself(need: Need, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: exit(5))\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.01)\n"
    )
    with subprocess.Popen(
        [*UNGIL, "run", "--python", need("3.14"), "program.py"], cwd=tmp_path, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 5
        finally:
            process.kill()


def test_the_terminal_is_the_programs(need: Need, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import os; print([os.isatty(n) for n in range(3)], flush=True)\ninput()\n")
    command = [*UNGIL, "run", "--python", need("3.14"), "program.py"]
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.chdir(tmp_path)
            os.execv(command[0], command)
        finally:
            os._exit(1)  # nothing of the test runner is to go on in this process
    seen = b""
    while b"]" not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)

    assert b"[True, True, True]" in seen
    # Python dies of the signal that Ctrl-C sends, so that a shell knows.
    assert os.waitstatus_to_exitcode(status) == -signal.SIGINT


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nope.py"], "no such file: nope.py"),
        (["-m", "nope_nope"], "no module named nope_nope"),
        (["--workers", "0", "program.py"], "--workers"),
        (["--model", "quantum", "program.py"], "quantum"),
        (["--python", "2.7", "program.py"], "2.7"),
        (["--python", "3.14", "--gil", "off", "program.py"], "--gil off needs a free-threaded build"),
        (["--python", "3.13", "--model", "interpreters", "program.py"], "3.14 or newer"),
        (["--model", "as-is", "--workers", "2", "program.py"], "--model as-is"),
        (["--model", "processes", "--initializer", "once", "program.py"], "--initializer once"),
        (["--frobnicate", "program.py"], "frobnicate"),
        ([], "PROGRAM"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], line: str, need: Need, ungil_run: Any, program: Any) -> None:
    for spec in ("3.13", "3.14"):
        need(spec)
    program("print('runs')")

    done = ungil_run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ungil: ")
    assert done.stderr.count("\n") == 1
    assert line in done.stderr


def test_not_python_is_one_line(need: Need, ungil_run: Any, program: Any) -> None:
    program("#!/bin/sh\nexit 0;;\n")

    done = ungil_run("--python", need("3.14"), "program.py")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ungil: program.py is not Python")

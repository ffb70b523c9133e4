"""However a run ends, nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ungil.errors import UngilError
from ungil.launch import Program, run
from ungil.substitute.settings import Settings

Need = Callable[[str], str]

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="orphans can be found on Linux only")

# Each process writes its id, so that it can be looked for: main, child, stopped child, daemon, deaf child.
FAMILY = """
import os, signal, sys, time
def tell(what):
    with open(os.environ["FAMILY"], "a") as file:
        file.write(f"{os.getpid()}\\n")
def child(what):
    if os.fork() == 0:
        tell(what)
        what()
        time.sleep(600)
        os._exit(0)
def daemon():
    os.setsid()
    if os.fork():
        os._exit(0)
    tell(daemon)
def stop():
    os.kill(os.getpid(), signal.SIGSTOP)
def deaf():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
for what in (daemon, stop, deaf):
    child(what)
tell(None)
time.sleep(600)
"""
MEMBERS = 5

TOOL = """
import sys
from ungil.launch import Program, run
from ungil.substitute.settings import Settings
run(sys.argv[1], Program((sys.argv[2],)), Settings(), stdout=sys.argv[3], stderr=sys.argv[3])
"""


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file its members write their ids to; and none may be there after the test."""
    path = tmp_path / "family"
    path.touch()
    monkeypatch.setenv("FAMILY", str(path))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "program.py").write_text(FAMILY)
    yield path
    for pid in _pids(path):
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)


def _pids(family: Path) -> list[int]:
    return [int(line) for line in family.read_text().split()]


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def _complete(family: Path) -> bool:
    return len(_pids(family)) >= MEMBERS


def _alive(family: Path) -> list[int]:
    return [pid for pid in _pids(family) if psutil.pid_exists(pid)]


def _start_tool(python: str, tmp_path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TOOL, python, str(tmp_path / "program.py"), str(tmp_path / "out")],
        stderr=subprocess.PIPE,
        text=True,
    )


@linux_only
def test_a_time_out_ends_the_whole_tree(need: Need, measure: Any, family: Path) -> None:
    measured = measure(need("3.14"), FAMILY, timeout_s=4.0)

    assert measured.run.timed_out
    assert measured.run.exit_status == -signal.SIGINT  # it is asked first, as by Ctrl-C
    assert _complete(family)
    assert _alive(family) == []


@linux_only
def test_ctrl_c_ends_the_whole_tree_and_leaves_nothing(need: Need, family: Path, tmp_path: Path) -> None:
    tool = _start_tool(need("3.14"), tmp_path)
    _until(lambda: _complete(family))

    tool.send_signal(signal.SIGINT)
    _, stderr = tool.communicate(timeout=30)

    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert _alive(family) == []
    assert list((tmp_path / "temporary").iterdir()) == []


@linux_only
def test_a_tool_that_is_killed_takes_the_tree_with_it(need: Need, family: Path, tmp_path: Path) -> None:
    tool = _start_tool(need("3.14"), tmp_path)
    _until(lambda: _complete(family))

    tool.kill()
    tool.communicate(timeout=30)

    _until(lambda: not _alive(family))
    _until(lambda: not list((tmp_path / "temporary").iterdir()))


def test_a_supervisor_that_is_killed_is_one_clear_error(need: Need, family: Path, tmp_path: Path) -> None:
    python = need("3.14")
    # A daemon has left the session by which the others are found.
    (tmp_path / "program.py").write_text(FAMILY.replace("os.setsid()", "pass"))

    def kill_supervisor() -> None:
        _until(lambda: _complete(family))
        main = psutil.Process(_pids(family)[-1])
        supervisor = next(
            process for process in psutil.Process().children() if process.pid in [p.pid for p in main.parents()]
        )
        supervisor.kill()

    killer = threading.Thread(target=kill_supervisor)
    killer.start()
    with pytest.raises(UngilError, match="was killed"):
        run(
            python,
            Program((str(tmp_path / "program.py"),)),
            Settings(),
            stdout=str(tmp_path / "out"),
            stderr=str(tmp_path / "out"),
            timeout_s=60,
        )
    killer.join()

    _until(lambda: not _alive(family))


@linux_only
def test_idle_processes_that_outlive_the_program_are_ended_and_counted(need: Need, measure: Any, family: Path) -> None:
    measured = measure(need("3.14"), FAMILY.replace("tell(None)\ntime.sleep(600)", "tell(None)"))

    assert measured.run.exit_status == 0
    assert not measured.run.timed_out
    assert measured.run.left_behind == 3  # main has ended, and the daemon's parent
    assert _complete(family)
    assert _alive(family) == []


@linux_only
def test_one_that_never_stops_working_is_ended_by_the_time_out(need: Need, measure: Any) -> None:
    measured = measure(need("3.14"), "import os\nif not os.fork():\n    while True: pass\n", timeout_s=2.0)

    assert (measured.run.exit_status, measured.run.timed_out, measured.run.left_behind) == (0, False, 1)


@linux_only
def test_a_tree_that_forks_as_fast_as_it_is_killed_ends(need: Need, measure: Any) -> None:
    code = (
        "import os, time\nend = time.monotonic() + 30\nwhile time.monotonic() < end:\n    if os.fork(): os._exit(0)\n"
    )

    assert measure(need("3.14"), code, timeout_s=1.0).run.left_behind <= 1

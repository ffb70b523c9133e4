"""Measuring, against programs of which the truth is known: they burn until their own CPU clock says so."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ungil.errors import UngilError
from ungil.launch import Program, run
from ungil.substitute.settings import Settings

Need = Callable[[str], str]

START_S = 0.06
"""CPU time that starting an interpreter, and importing what a program needs, may take."""
MB = 1 << 20

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="orphans and PSS can be had on Linux only")

BURN = """
import os, sys, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
"""


def about(seconds: float, interpreters: int = 1) -> Any:
    """What the tree must have used: 5 % either way, and the start of so many interpreters."""
    start_s = START_S * interpreters
    return pytest.approx(seconds + start_s / 2, abs=seconds * 0.05 + start_s / 2)


def test_cpu_time_of_a_grandchild(need: Need, measure: Any) -> None:
    code = BURN + (
        "import subprocess\n"
        "level = int(sys.argv[1])\n"
        "burn(1.0) if level == 2 else subprocess.run([sys.executable, __file__, str(level + 1)], check=True)\n"
    )

    assert measure(need("3.14"), code, "0").run.cpu_s == about(1.0, interpreters=3)


@linux_only
def test_cpu_time_of_children_that_nobody_reaps(need: Need, measure: Any) -> None:
    code = BURN + "for _ in range(2):\n    if not os.fork():\n        burn(0.5)\n        os._exit(0)\n"

    assert measure(need("3.14"), code).run.cpu_s == about(1.0)


@linux_only
def test_cpu_time_of_forty_zombies(need: Need, measure: Any) -> None:
    code = BURN + (
        "reader, writer = os.pipe()\n"
        "for _ in range(40):\n"
        "    if not os.fork():\n        burn(0.025)\n        os._exit(0)\n"
        "os.close(writer)\n"
        "os.read(reader, 1)\n"
    )

    assert measure(need("3.14"), code).run.cpu_s == about(1.0, interpreters=2)


@linux_only
def test_cpu_time_of_a_fork_servers_workers(need: Need, measure: Any) -> None:
    code = BURN + (
        "import multiprocessing\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('forkserver').Pool(2) as pool:\n"
        "        pool.map(burn, [0.25] * 4, chunksize=1)\n"
    )

    # Main, server, resource tracker.
    assert measure(need("3.14"), code).run.cpu_s == about(1.0, interpreters=4)


@linux_only
def test_cpu_time_of_a_daemon(need: Need, measure: Any) -> None:
    code = BURN + ("if not os.fork():\n    os.setsid()\n    if not os.fork():\n        burn(1.0)\n    os._exit(0)\n")

    run = measure(need("3.14"), code).run

    assert run.cpu_s == about(1.0)
    assert run.left_behind == 0


@linux_only
def test_cpu_time_where_the_kernel_reaps_the_children(need: Need, measure: Any, own_accounts: None) -> None:
    code = BURN + (
        "import signal\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "if not os.fork():\n    burn(1.0)\n    os._exit(0)\n"
        "try:\n    os.wait()\nexcept ChildProcessError:\n    pass\n"
    )

    assert measure(need("3.14"), code).run.cpu_s == about(1.0)


@linux_only
def test_memory_that_forked_children_share_counts_once(need: Need, measure: Any) -> None:
    code = (
        "import os, time\n"
        f"block = bytearray(b'x') * (200 * {MB})\n"
        "reader, writer = os.pipe()\n"
        "for _ in range(4):\n"
        "    if not os.fork():\n        os.close(writer)\n        os.read(reader, 1)\n        os._exit(0)\n"
        "time.sleep(0.3)\n"
        "os.close(writer)\n"
        "for _ in range(4): os.wait()\n"
    )
    idle = measure(need("3.14"), "pass", sample_memory=True).run
    run = measure(need("3.14"), code, sample_memory=True).run

    assert idle.peak_bytes is not None
    assert idle.peak_bytes < 20 * MB
    # Each child owns a few pages: the interpreter counts references in them.
    assert run.peak_bytes == pytest.approx(200 * MB + idle.peak_bytes + 4 * 2 * MB, rel=0.05)
    assert run.peak_is == "pss"


@linux_only
def test_memory_held_for_an_eighth_of_a_second_is_seen(need: Need, measure: Any) -> None:
    code = f"import time\nblock = bytearray(b'x') * (300 * {MB})\ntime.sleep(0.12)\ndel block\ntime.sleep(0.1)\n"
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}], check=True)\n"
    idle = measure(need("3.14"), "pass", sample_memory=True).run.peak_bytes

    assert measure(need("3.14"), code, sample_memory=True).run.peak_bytes == pytest.approx(300 * MB + idle, rel=0.05)
    assert measure(need("3.14"), child, sample_memory=True).run.peak_bytes == pytest.approx(
        300 * MB + 2 * idle, rel=0.05
    )


def test_memory_is_none_of_a_timed_run(need: Need, measure: Any) -> None:
    assert measure(need("3.14"), "pass").run.peak_bytes is None


def test_wall_time_is_that_of_the_program(need: Need, measure: Any) -> None:
    code = "import time; began = time.monotonic(); time.sleep(0.3); print(time.monotonic() - began)"

    measured = measure(need("3.14"), code)

    assert measured.run.startup_s is not None
    assert measured.run.wall_s >= float(measured.stdout)
    assert 0 < measured.run.startup_s < measured.run.wall_s - 0.3


@pytest.mark.parametrize(
    ("code", "status"), [("import sys; sys.exit(7)", 7), ("1 / 0", 1), ("import os; os.abort()", -6)]
)
def test_the_status_is_the_programs(code: str, status: int, need: Need, measure: Any) -> None:
    assert measure(need("3.14"), code).run.exit_status == status


def test_standard_input_is_given_anew_to_each_run(need: Need, measure: Any, tmp_path: Path) -> None:
    (tmp_path / "input").write_text("a\nb\n")

    for _ in range(2):
        measured = measure(need("3.14"), "import sys; print(sys.stdin.read())", stdin=str(tmp_path / "input"))
        assert measured.stdout == "a\nb\n\n"
    assert measure(need("3.14"), "import sys; print(repr(sys.stdin.read()))").stdout == "''\n"


def test_streams_are_kept_apart_or_together_as_asked(need: Need, measure: Any, tmp_path: Path) -> None:
    code = "import sys\nprint('out', flush=True)\nprint('err', file=sys.stderr)\nprint('out again')"

    apart = measure(need("3.14"), code)
    run(
        need("3.14"),
        Program((str(tmp_path / "program.py"),)),
        Settings(),
        stdout=str(tmp_path / "both"),
        stderr=str(tmp_path / "both"),
    )

    assert (apart.stdout, apart.stderr) == ("out\nout again\n", "err\n")
    assert (tmp_path / "both").read_text() == "out\nerr\nout again\n"


def test_a_full_disk_is_the_programs_own_affair(need: Need, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which is not there")
    (tmp_path / "program.py").write_text("print('x' * 100_000)")

    result = run(
        need("3.14"),
        Program((str(tmp_path / "program.py"),)),
        Settings(),
        stdout="/dev/full",
        stderr=str(tmp_path / "stderr"),
    )

    assert result.exit_status != 0
    assert "No space left on device" in (tmp_path / "stderr").read_text()


def test_what_cannot_be_started_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UngilError, match=r"cannot start the program: No such file or directory: .*/python9"):
        run(
            str(tmp_path / "python9"),
            Program(("x.py",)),
            Settings(),
            stdout=str(tmp_path / "out"),
            stderr=str(tmp_path / "err"),
        )


def test_output_that_cannot_be_written_is_one_line(need: Need, tmp_path: Path) -> None:
    with pytest.raises(UngilError, match=r"No such file or directory: .*/nowhere/out"):
        run(
            need("3.14"),
            Program(("x.py",)),
            Settings(),
            stdout=str(tmp_path / "nowhere" / "out"),
            stderr=str(tmp_path / "err"),
        )


def test_an_interpreter_that_does_not_let_us_in_is_named(need: Need, tmp_path: Path) -> None:
    isolated = tmp_path / "isolated"
    isolated.write_text(f'#!/bin/sh\nexec {need("3.14")} -I "$@"\n')
    isolated.chmod(0o755)
    (tmp_path / "program.py").write_text("print('runs')")

    result = run(
        str(isolated),
        Program((str(tmp_path / "program.py"),)),
        Settings("threads"),
        stdout=str(tmp_path / "out"),
        stderr=str(tmp_path / "err"),
    )

    assert (tmp_path / "out").read_text() == "runs\n"
    assert [named.code for named in result.named] == ["inside-missing"]
    assert (result.startup_s, result.gil_enabled_at_start, result.gil_enabled_at_exit) == (None, None, None)


def test_nothing_is_left_in_the_temporary_folder(
    need: Need, measure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))

    measure(need("3.14"), "pass")

    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_temporary_folder_that_cannot_be_had_is_one_line(
    need: Need, measure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))

    with pytest.raises(UngilError, match="No such file or directory"):
        measure(need("3.14"), "pass")


def test_a_pool_of_the_programs_own_is_told(need: Need, measure: Any) -> None:
    code = (
        "import multiprocessing\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, 2]))\n"
    )

    measured = measure(need("3.14"), code)

    assert measured.stdout == "[1, 2]\n"
    assert [(pool.pool, pool.line, pool.workers, pool.model) for pool in measured.run.pools] == [
        ("multiprocessing.Pool", 3, 2, "as-is")
    ]


def test_python_processes_started_by_hand_are_named(need: Need, measure: Any) -> None:
    code = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'pass'], check=True)\n"
        "subprocess.run(['true'], check=True)\n"
        "try:\n    subprocess.Popen('nope')\nexcept OSError as error:\n    frame = error.__traceback__\n"
        "while frame:\n    print(frame.tb_frame.f_code.co_name)\n    frame = frame.tb_next\n"
    )

    for python in (need("3.10"), need("3.14")):
        replaced = measure(python, code, model="threads")
        as_is = measure(python, code)

        assert [(named.code, named.line) for named in replaced.run.named] == [("subprocess", 2)]
        assert as_is.run.named == ()
        assert replaced.stdout == as_is.stdout != ""

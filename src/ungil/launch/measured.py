"""One measured run, seen from the tool: a supervisor is asked, and its report put together with the inside's."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ungil.errors import UngilError
from ungil.launch.command import Gil, command_line, environment
from ungil.launch.events import Told, read_events
from ungil.launch.program import Program
from ungil.launch.result import Named, Run
from ungil.launch.supervise.protocol import Report, Request
from ungil.substitute.settings import Settings

_SUPERVISOR = Path(__file__).with_name("supervise") / "start.py"
_PATIENCE_S = 1.5
"""For the supervisor to end a tree and itself; then it is killed."""


def run(
    python: str,
    program: Program,
    settings: Settings,
    *,
    cwd: str | None = None,
    stdin: str | None = None,
    stdout: str,
    stderr: str,
    timeout_s: float | None = None,
    sample_memory: bool = False,
    gil: Gil = "default",
    environ: Mapping[str, str] | None = None,
) -> Run:
    """Run a program on the interpreter ``python`` to the end of its last process, and measure it.

    ``stdin``, ``stdout`` and ``stderr`` are paths; no ``stdin`` is ``/dev/null``. After ``timeout_s`` seconds, and on
    Ctrl-C, every process of the tree is killed. ``sample_memory`` gives ``peak_bytes``, at the price of up to a quarter
    of a core: not to be used where time is measured.

    Raises:
        UngilError: the program could not be started, or its supervisor was killed.
        KeyboardInterrupt: after the tree has ended.
    """
    if os.name != "posix":
        raise UngilError("ungil measures programs on Linux and macOS only: on Windows, use it within WSL")
    variables = os.environ if environ is None else environ
    try:
        with tempfile.TemporaryDirectory(prefix="ungil-run-", ignore_cleanup_errors=True) as folder:
            events = Path(folder, "events")
            events.touch()
            report = _supervise(
                {
                    "command": command_line(python, program),
                    "environ": environment(settings, environ=variables, gil=gil, events=str(events)),
                    "cwd": cwd,
                    "stdin": stdin,
                    "stdout": os.path.abspath(stdout),
                    "stderr": os.path.abspath(stderr),
                    "timeout_s": timeout_s,
                    "sample_memory": sample_memory,
                    "folder": folder,
                }
            )
            return _result(report, read_events(events))
    except OSError as error:
        raise UngilError(f"cannot measure {program.argv[0]}: {error}") from error


def _supervise(request: Request) -> Report:
    # A session of its own: Ctrl-C at the terminal is for us, and reaches it through the end of its standard input.
    supervisor = subprocess.Popen(
        [sys.executable, "-I", "-S", "-X", f"utf8={sys.flags.utf8_mode}", str(_SUPERVISOR)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    started: dict[str, Any] = {}
    try:
        assert supervisor.stdin is not None and supervisor.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            supervisor.stdin.write((json.dumps(request) + "\n").encode())
            supervisor.stdin.flush()
        started = _reply(supervisor.stdout.readline())
        if "error" in started:
            raise UngilError(f"cannot start the program: {started['error']}")
        report = _reply(supervisor.stdout.readline())
    finally:
        finished = _dismiss(supervisor)
        if not finished and "pid" in started:
            _clear_up(started["pid"], started["group"])
    if not report:
        raise UngilError("the process that measures the program was killed, and the program with it: try again")
    return cast(Report, report)


def _reply(line: bytes) -> dict[str, Any]:
    reply: dict[str, Any] = json.loads(line) if line else {}
    return reply


def _dismiss(supervisor: subprocess.Popen[bytes]) -> bool:
    """Have the supervisor end what is left of the tree, and itself; False when it did not do so in good order."""
    assert supervisor.stdin is not None and supervisor.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        supervisor.stdin.close()
    try:
        status = supervisor.wait(_PATIENCE_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        supervisor.kill()
        status = supervisor.wait()
    supervisor.stdout.close()
    return status == 0


def _clear_up(leader: int, group: str | None) -> None:
    """Kill what is left of a program whose supervisor is gone, and remove the run's control group."""
    give_up_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up_s:
        for pid in _left(leader, group):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if group is None:
            return
        with contextlib.suppress(OSError):  # some have not ended yet
            os.rmdir(group)
            return
        time.sleep(0.01)


def _left(leader: int, group: str | None) -> Iterator[int]:
    """The processes of the group; without one, those of the program's session, which a daemon has left."""
    if group is not None:
        with contextlib.suppress(OSError):
            yield from map(int, Path(group, "cgroup.procs").read_text().split())
        return
    import psutil

    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader:
                yield pid


def _result(report: Report, told: Told) -> Run:
    startup_s = None
    named = told.named
    if told.began_s is None:
        what = "nothing was heard from inside the program: no pool was replaced, and its GIL is unknown"
        named = (*named, Named(what, None, None, "inside-missing"))
    else:
        startup_s = max(told.began_s - report["started_s"] - told.setup_wall_s, 0.0)
    return Run(
        exit_status=report["status"],
        timed_out=report["timed_out"],
        wall_s=max(report["wall_s"] - told.setup_wall_s, 0.0),
        startup_s=startup_s,
        cpu_s=max(report["cpu_s"] - told.setup_cpu_s, 0.0),
        peak_bytes=report["peak_bytes"],
        peak_is=report["peak_is"],
        wait_s=report["wait_s"],
        other_cpu_s=report["other_cpu_s"],
        left_behind=report["left_behind"],
        gil_enabled_at_start=told.gil_enabled_at_start,
        gil_enabled_at_exit=told.gil_enabled_at_exit,
        gil_enabled_by=told.gil_enabled_by,
        pools=told.pools,
        substituted=told.substituted,
        named=named,
    )

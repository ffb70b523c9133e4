"""Run one program many times, instrumented, each time with a plan of its own."""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ungil.errors import UngilError
from ungil.launch import Program
from ungil.launch.measured import _SUPERVISOR, _clear_up, _dismiss, _reply

_MAIN = Path(__file__).with_name("inside") / "main.py"
_FORMAT = 2
"""Of ``marshal``: one that every Python reads."""
_START_S = 60.0
"""For the server to have the program instrumented."""
_MARGIN_S = 15.0
"""For it to answer, when a run's time is up."""
_MOST_OUTPUT = 8 << 20
"""Bytes of each stream that are read: the first."""


@dataclass(frozen=True)
class Ran:
    """One run."""

    status: int
    """As a shell's ``$?`` without the 128: 0..255, or the negative number of the signal that ended it."""
    timed_out: bool
    """It was ended: its time was up, or its output endless."""
    wall_s: float
    cpu_s: float
    """User and system time of its processes."""
    peak_bytes: int
    """Highest resident set size of its main process."""
    stdout: bytes
    stderr: bytes
    events: tuple[dict[str, Any], ...]

    @property
    def signal(self) -> int | None:
        """The signal that ended it."""
        return -self.status if self.status < 0 else None


class Runner:
    """A server of runs, in a process of the program's interpreter, for as long as this context lasts.

    It is started by the supervisor that starts every program: whatever becomes of the tool, of the server or of a run,
    no process is left behind.
    """

    def __init__(
        self,
        python: str,
        program: Program,
        *,
        include: Iterable[str] = (),
        core: str | None = None,
        environ: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> None:
        """``include``: modules and packages to instrument besides the program's own. ``core``: path of the C core."""
        self._python = python
        self._program = program
        self._include = list(include)
        self._core = core
        self._environ = dict(os.environ if environ is None else environ)
        self._cwd = cwd

    def __enter__(self) -> Runner:
        self._stack = contextlib.ExitStack()
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self, plan: Mapping[str, Any], *, timeout_s: float | None = None, stdin: str | None = None) -> Ran:
        """Run the program once; ``stdin`` is the path of a file, None an empty one.

        After ``timeout_s`` seconds the run tells its stacks, and is killed.

        Raises:
            UngilError: the server has ended.
        """
        order = {"plan": dict(plan), "stdin": os.path.abspath(stdin or os.devnull), "timeout_s": timeout_s}
        self._send(order)
        answer = self._answer(None if timeout_s is None else timeout_s + _MARGIN_S)
        return Ran(
            **answer,
            stdout=_beginning(self._folder / "stdout"),
            stderr=_beginning(self._folder / "stderr"),
            events=tuple(_events(self._folder / "events")),
        )

    def _start(self) -> None:
        if os.name != "posix":
            raise UngilError("ungil race runs on Linux and macOS only: on Windows, use it within WSL")
        temporary = tempfile.TemporaryDirectory(prefix="ungil-race-", ignore_cleanup_errors=True)
        self._folder = Path(self._stack.enter_context(temporary))
        for name in ("orders", "answers"):
            os.mkfifo(self._folder / name)
        # For both ways, so that neither side waits for the other to open it.
        both_ways = os.open(self._folder / "orders", os.O_RDWR)
        try:
            self._answers = os.open(self._folder / "answers", os.O_RDONLY | os.O_NONBLOCK)
            self._stack.callback(os.close, self._answers)
            self._serving = False
            self._supervisor = self._supervise()
            self._answer(_START_S)
            self._serving = True
            self._orders = os.open(self._folder / "orders", os.O_WRONLY)
            self._stack.callback(os.close, self._orders)
        finally:
            os.close(both_ways)

    def _supervise(self) -> subprocess.Popen[bytes]:
        request = {
            "python": self._python,
            "argv": list(self._program.argv),
            "module": self._program.module,
            "include": self._include,
            "core": self._core,
            "folder": str(self._folder),
        }
        # A session of its own: Ctrl-C at the terminal is for us, and reaches it through the end of its standard input.
        supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", f"utf8={sys.flags.utf8_mode}", str(_SUPERVISOR)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert supervisor.stdin is not None and supervisor.stdout is not None
        started: dict[str, Any] = {}

        def dismiss() -> None:
            if not _dismiss(supervisor) and "pid" in started:
                _clear_up(started["pid"], started["group"])

        self._stack.callback(dismiss)
        order = {
            "command": [self._python, "-I", "-S", str(_MAIN)],
            "environ": {**self._environ, "UNGIL_RACE": ascii(request)},
            "cwd": self._cwd,
            "stdin": None,
            "stdout": str(self._folder / "server"),
            "stderr": str(self._folder / "server"),
            "timeout_s": None,
            "sample_memory": False,
            "folder": str(self._folder),
        }
        with contextlib.suppress(BrokenPipeError):
            supervisor.stdin.write((json.dumps(order) + "\n").encode())
            supervisor.stdin.flush()
        started.update(_reply(supervisor.stdout.readline()))
        if "error" in started:
            raise UngilError(f"cannot start the program: {started['error']}")
        return supervisor

    def _send(self, order: dict[str, Any]) -> None:
        data = marshal.dumps(order, _FORMAT)
        data = len(data).to_bytes(4, "big") + data
        try:
            while data:
                data = data[os.write(self._orders, data) :]
        except BrokenPipeError:
            raise self._ended() from None

    def _answer(self, timeout_s: float | None) -> dict[str, Any]:
        assert self._supervisor.stdout is not None
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        report = self._supervisor.stdout.fileno()
        data = b""
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
            left_s = None if end_s is None else end_s - time.monotonic()
            if left_s is not None and left_s < 0:
                raise UngilError(f"nothing was heard from {self._python} for {timeout_s:.0f} s")
            ready, _, _ = select.select([self._answers, report], [], [], left_s)
            part = os.read(self._answers, 1 << 16) if self._answers in ready else b""
            if not part:
                # Before the server has opened the pipe, it may seem to be at its end.
                if self._serving or report in ready:
                    raise self._ended()
                time.sleep(0.005)
            data += part
        answer: dict[str, Any] = marshal.loads(data[4:])  # of our own process
        return answer

    def _ended(self) -> UngilError:
        lines = _beginning(self._folder / "server").decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "it was killed")
        return UngilError(f"the process that runs the program has ended: {last.strip()}")


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_OUTPUT)


def _events(path: Path) -> Iterable[dict[str, Any]]:
    """What the run told. A line that was cut short (a full disk) is left out."""
    for line in path.read_bytes().splitlines():
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                yield event

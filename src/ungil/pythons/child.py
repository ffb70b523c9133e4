"""A program run for us, with its whole tree, told line by line and written to a log."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from ungil.errors import UngilError


def run(
    command: Sequence[str],
    *,
    cwd: Path | str = "/",
    env: Mapping[str, str] | None = None,
    log: IO[str] | None = None,
    on_line: Callable[[str], None] | None = None,
) -> tuple[int, list[str]]:
    """Exit status and lines (standard output and error together, in order) of a command.

    Whatever ends this call early, Ctrl-C included, ends the whole process group of the command first.

    Raises:
        UngilError: the command can't be started.
    """
    try:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise UngilError(f"can't run {command[0]}: {error.strerror}") from error
    lines = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if log is not None:
                log.write(line)
            if on_line is not None:
                on_line(lines[-1])
        return process.wait(), lines
    finally:
        if process.returncode is None:
            end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End a process that leads its own group, and everything in that group: asked first, then forced."""
    # It is not collected before the last signal: until then its number can't have become another group's.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        leader = os.pidfd_open(process.pid)
        try:
            select.select([leader], [], [], 1.0)
        finally:
            os.close(leader)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def environment() -> dict[str, str]:
    """The user's environment, speaking English (for logs) and without what steers a build or a Python."""
    without = (
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "MAKEFLAGS",
        "MFLAGS",
        "DESTDIR",
        "VIRTUAL_ENV",
        "APT_CONFIG",
    )
    return {**{name: value for name, value in os.environ.items() if name not in without}, "LC_ALL": "C.UTF-8"}

"""Run a program on a runtime in place of this process."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from ungil.errors import UngilError
from ungil.launch.command import Gil, command_line, environment
from ungil.launch.program import Program
from ungil.substitute.settings import Settings


def replace_process(
    python: str, program: Program, settings: Settings, *, gil: Gil = "default", quiet: bool = False
) -> NoReturn:
    """Become the program: its streams, signals, terminal and exit status are this process's own.

    Raises:
        UngilError: the interpreter cannot be started.
    """
    if os.name != "posix":
        raise UngilError("ungil runs programs on Linux and macOS only: on Windows, use it within WSL")
    variables = environment(settings, environ=os.environ, gil=gil, events=None, quiet=quiet)
    sys.stdout.flush()
    sys.stderr.flush()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores these, and what is ignored stays so in the program.
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(python, command_line(python, program), variables)
    except OSError as error:
        raise UngilError(f"cannot start {python}: {error.strerror}") from error

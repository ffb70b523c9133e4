"""The stacks of a run that crashes, or whose time is up: the interpreter itself writes them, to a file of ours."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # ``signal`` takes milliseconds
import faulthandler
import os
import time

_SIGNAL: int | None = _signal.SIGRTMAX - 1 if hasattr(_signal, "SIGRTMAX") else None
"""One that no program has another use for; None where there is none (macOS): only crashes are told then."""
_HIGH = 900
"""For the descriptor: programs get the same numbers as without us."""
_PATIENCE_S = 0.5
_QUIET_S = 0.02


class Stacks:
    """One file for all runs."""

    def __init__(self, path: str) -> None:
        low = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            self._file = os.dup2(low, _HIGH, inheritable=False)
            os.close(low)
        except OSError:
            self._file = low  # not so many are allowed
        if not faulthandler.is_enabled():  # else it is the user's wish, and goes to standard error
            faulthandler.enable(file=self._file)
        if _SIGNAL is not None:
            faulthandler.register(_SIGNAL, file=self._file)

    def ask(self, pid: int) -> None:
        """Have a process write its stacks, and wait until it has."""
        if _SIGNAL is None or not _listens(pid, _SIGNAL):
            return
        os.kill(pid, _SIGNAL)
        now = time.monotonic()
        size, end_s, quiet_s = 0, now + _PATIENCE_S, now + _PATIENCE_S
        while now < min(end_s, quiet_s):
            time.sleep(0.005)
            now = time.monotonic()
            if (new := os.fstat(self._file).st_size) != size:
                size, quiet_s = new, now + _QUIET_S

    def take(self) -> str:
        """What was written since the last time."""
        size = os.fstat(self._file).st_size
        if size == 0:
            return ""
        text = os.pread(self._file, min(size, 1 << 20), 0)
        os.ftruncate(self._file, 0)
        return text.decode("utf-8", "replace")


def _listens(pid: int, number: int) -> bool:
    """Whether the signal is handled: a program that has become another one would die of it."""
    try:
        with open(f"/proc/{pid}/status") as file:
            caught = next(line.split()[1] for line in file if line.startswith("SigCgt"))
    except (OSError, StopIteration):
        return False
    return bool(int(caught, 16) >> (number - 1) & 1)

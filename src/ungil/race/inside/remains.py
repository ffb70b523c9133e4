"""Follow a run's process, and leave none of its others behind."""

from __future__ import annotations

import os
import select
import time
from _signal import SIGKILL  # type: ignore[import-not-found]  # ``signal`` takes milliseconds
from contextlib import suppress

_PR_SET_CHILD_SUBREAPER = 36
_GRACE_S = 0.3
"""For processes that end when the main one has (multiprocessing's own helpers do)."""


class Remains:
    """The processes of runs. Their orphans come to this process, on Linux: only so are they found."""

    def __init__(self) -> None:
        _become_subreaper()
        self._server = os.getpid()

    def watching(self, pid: int, orders: int) -> Watch:
        return Watch(pid, orders)

    def kill(self, pid: int) -> None:
        """End the main process and its group."""
        os.kill(pid, SIGKILL)  # it may have left its group
        with suppress(ProcessLookupError, PermissionError):  # it had not made one yet
            os.killpg(pid, SIGKILL)

    def end(self, pid: int) -> float:
        """End what is left when the main process has been waited for; the CPU time of all that was, seconds."""
        cpu_s, give_up_s = 0.0, time.monotonic() + _GRACE_S
        while True:
            try:
                ended, _, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return cpu_s
            if ended:
                cpu_s += usage.ru_utime + usage.ru_stime
            elif time.monotonic() < give_up_s:
                time.sleep(0.002)
            else:
                for child in _children(self._server):
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(child, SIGKILL)  # its own children come to us then
                time.sleep(0.002)


class Watch:
    """Waits for the end of one process, with an eye on the pipe from the runner."""

    def __init__(self, pid: int, orders: int) -> None:
        self._pid, self._orders = pid, orders
        self._poll = select.poll()
        self._poll.register(orders, select.POLLIN)
        self._handle = -1
        try:
            self._handle = os.pidfd_open(pid)
        except (OSError, AttributeError):
            return
        self._poll.register(self._handle, select.POLLIN)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *error: object) -> None:
        if self._handle >= 0:
            os.close(self._handle)

    def ended_within(self, seconds: float) -> bool:
        """Raises EOFError when the runner has gone: it asks for nothing during a run."""
        end_s = time.monotonic() + seconds
        wait_s = seconds if self._handle >= 0 else 0.0005
        while True:
            ready = self._poll.poll(wait_s * 1000)
            if any(descriptor == self._orders for descriptor, _ in ready):
                raise EOFError
            if ready:
                return True
            if self._handle < 0 and os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                return True
            if time.monotonic() >= end_s:
                return False
            wait_s = min(wait_s * 1.5, 0.02) if self._handle < 0 else end_s - time.monotonic()


def _become_subreaper() -> None:
    if os.uname().sysname == "Linux":
        with suppress(ImportError, OSError):
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children(parent: int) -> list[int]:
    """The processes whose parent this is, but those that have ended."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, its_parent = file.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue
            if int(its_parent) == parent and state not in b"ZX":
                found.append(int(name))
    return found

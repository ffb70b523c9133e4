"""Follow a run's process, and leave none of its others behind."""

from __future__ import annotations

import os
import select
import time
from _signal import SIGKILL  # type: ignore[import-not-found]  # ``signal`` takes milliseconds
from contextlib import suppress

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from resource import struct_rusage

    Ended = tuple[int, int, struct_rusage]

_PR_SET_CHILD_SUBREAPER = 36
_LOOK_S = 1.0
_GRACE_S = 0.3
"""For processes that end when the main one has (multiprocessing's own helpers do)."""


class Remains:
    """The processes of runs. Their orphans come to this process, on Linux: only so are they found."""

    def __init__(self) -> None:
        _become_subreaper()
        self._server = os.getpid()

    def kill(self, pid: int) -> None:
        """End the main process and its group."""
        os.kill(pid, SIGKILL)  # it may have left its group
        with suppress(ProcessLookupError, PermissionError):  # it had not made one yet
            os.killpg(pid, SIGKILL)

    def end(self) -> float:
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
    """Waits for the end of a process, with an eye on the pipe from the runner."""

    def __init__(self, orders: int) -> None:
        self._orders = orders
        self._poll = select.poll()
        self._poll.register(orders, select.POLLIN)

    def wait(self, pid: int, end_s: float, look: Callable[[], bool]) -> Ended | None:
        """Until the process has ended; None when it has not in time.

        ``look`` is called each second, and says whether it is to be waited for on. Raises EOFError when the runner has
        gone: it asks for nothing during a run.
        """
        handle = _handle(pid)
        if handle is None:
            return self._wait(pid, end_s, look)
        self._poll.register(handle, select.POLLIN)
        try:
            while (left_s := end_s - time.monotonic()) > 0:
                ready = self._poll.poll(min(left_s, _LOOK_S) * 1000)
                if ready:
                    self._check(ready)
                    return os.wait4(pid, 0)
                if not look():
                    break
        finally:
            self._poll.unregister(handle)
            os.close(handle)
        return None

    def _wait(self, pid: int, end_s: float, look: Callable[[], bool]) -> Ended | None:
        """Where the kernel has no handles of processes: by asking."""
        wait_s, next_look_s = 0.0005, time.monotonic() + _LOOK_S
        while (now := time.monotonic()) < end_s:
            self._check(self._poll.poll(wait_s * 1000))
            ended = os.wait4(pid, os.WNOHANG)
            if ended[0]:
                return ended
            wait_s = min(wait_s * 1.5, 0.02)
            if now > next_look_s:
                next_look_s = now + _LOOK_S
                if not look():
                    break
        return None

    def _check(self, ready: list[tuple[int, int]]) -> None:
        for descriptor, _ in ready:
            if descriptor == self._orders:
                raise EOFError


def _handle(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (OSError, AttributeError):
        return None


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

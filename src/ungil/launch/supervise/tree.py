"""The processes that descend from this one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

_PROC = os.path.exists("/proc/self/stat")
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Tree:
    """Descendants of this process, found anew at each look.

    A look reads the list of processes, and asks only those that were not there at the last look for their parent:
    a process joins the tree by being born into it, and leaves it by ending (orphans come to this process, on Linux).
    """

    def __init__(self) -> None:
        self._root = os.getpid()
        self._members: set[int] = set()
        self._strangers: set[int] = set()

    def look(self) -> list[int]:
        """The process ids, eldest first; zombies are among them."""
        if not _PROC:
            return _by_ps(self._root)
        present = {int(name) for name in os.listdir("/proc") if name.isdecimal()}
        self._members &= present
        self._strangers &= present
        parents = dict(_parents(present - self._members - self._strangers))
        for pid in parents:
            line = _line(pid, parents)
            joins = any(parent == self._root or parent in self._members for parent in line)
            (self._members if joins else self._strangers).add(pid)
        self._members.discard(self._root)
        return sorted(self._members)

    def kill(self) -> int:
        """End every process that runs or is stopped; returns how many were there. One pass: call until it is 0."""
        return sum(map(kill, self.look()))


def kill(pid: int) -> bool:
    """End a process; whether there was one that had not ended yet."""
    if is_zombie(pid):
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def is_zombie(pid: int) -> bool:
    fields = _stat(pid)
    return fields is not None and fields[0] in "ZX"


def cpu_s(pid: int) -> float:
    """User and system time of a living process so far, in steps of the kernel's clock tick; 0.0 when it is gone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) * _TICK_S if fields else 0.0


def with_descendants(pid: int, of: list[int]) -> set[int]:
    """``pid`` and those of the processes ``of`` that descend from it."""
    parents = dict(_parents(set(of)))
    return {other for other in of if other == pid or pid in _line(other, parents)}


def _line(pid: int, parents: dict[int, int]) -> list[int]:
    """The ancestors of a process as far as ``parents`` tells them, nearest first."""
    line: list[int] = []
    while (pid := parents.get(pid, 0)) and pid not in line:
        line.append(pid)
    return line


def _parents(pids: set[int]) -> Iterator[tuple[int, int]]:
    for pid in pids:
        fields = _stat(pid)
        if fields is not None:
            yield pid, int(fields[1])


def _stat(pid: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` from the state on; None when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name, in parentheses, may hold anything.
            return file.read().rpartition(b")")[2].decode().split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _by_ps(root: int) -> list[int]:
    """Where there is no ``/proc``. Orphans have left the tree there."""
    table = subprocess.run(
        ["ps", "-axo", "pid=,ppid="],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    parents = {int(pid): int(parent) for pid, parent in map(str.split, table.splitlines())}
    return sorted(pid for pid in parents if root in _line(pid, parents))

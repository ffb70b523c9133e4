"""The peak memory of a process tree, by sampling."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

from ungil.launch.supervise.tree import Tree

INTERVAL_S = 0.01
MAX_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Of ``ru_maxrss``, bytes."""
_SHARE = 0.25
"""The most of a core that sampling may take, on average."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_GROWTH = 1.02
"""A tree that may have grown by this over its peak is measured at once."""


class Sampler:
    """Looks at a tree every 10 ms, less often where a look is expensive.

    PSS (each page divided among those that share it) is what a tree takes; RSS counts a page once for every process.
    But to add up the PSS of a large process takes milliseconds, and RSS microseconds: RSS is looked at each time, and
    PSS when it could be a new peak, or when there is time.
    """

    def __init__(self, tree: Tree) -> None:
        self.peak_bytes = 0
        self.exact = True
        """False once RSS had to do for PSS."""
        self._tree = tree
        self._shared: dict[int, int] = {}
        """RSS less PSS of each process when both were read, bytes."""
        self._pids: set[int] = set()
        self._rest_until_s = 0.0

    def look(self) -> float:
        """Sample; returns after how many seconds to do so again."""
        began = time.monotonic()
        pids = self._tree.look()
        self._pids.update(pids)
        could_be = sum(max(rss_bytes(pid) - self._shared.get(pid, 0), 0) for pid in pids)
        if could_be > self.peak_bytes * _GROWTH or began > self._rest_until_s:
            self._measure(pids)
            now = time.monotonic()
            self._rest_until_s = now + (now - began) / _SHARE
        took = time.monotonic() - began
        return max(INTERVAL_S - took, took * (1 / _SHARE - 1))

    def ended(self, max_rss_bytes: int) -> None:
        """The main process has ended, and the kernel knows its highest RSS: exact where it was the only process."""
        own_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAX_RSS_UNIT
        # A child's figure starts with its parent's before exec.
        if len(self._pids) == 1 and max_rss_bytes > own_bytes:
            self.peak_bytes = max(self.peak_bytes, max_rss_bytes - max(self._shared.values(), default=0))

    def _measure(self, pids: list[int]) -> None:
        # A process that comes or goes while the others are read shifts its pages on to them: read again.
        sums = []
        for _ in range(3):
            sums.append(self._sum(pids))
            now = self._tree.look()
            if now == pids:
                break
            pids = now
        self.peak_bytes = max(self.peak_bytes, min(sums))

    def _sum(self, pids: list[int]) -> int:
        total = 0
        for pid in pids:
            rss = rss_bytes(pid)
            pss = pss_bytes(pid)
            if pss is None:
                self.exact = self.exact and rss_bytes(pid) == 0  # ended in between
                pss = rss
            self._shared[pid] = max(rss - pss, 0)
            total += pss
        return total


def pss_bytes(pid: int) -> int | None:
    """Proportional set size; None where the kernel does not tell."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass  # ended, another user's, or a kernel before 4.14
    return None


def rss_bytes(pid: int) -> int:
    """Resident set size; 0 when the process has ended."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except FileNotFoundError:
        return 0 if os.path.exists("/proc/self/statm") else _rss_by_ps(pid)
    except ProcessLookupError:
        return 0


def _rss_by_ps(pid: int) -> int:
    reply = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return int(reply) * 1024 if reply else 0

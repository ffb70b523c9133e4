"""Wall and CPU time of one call, the CPU time being that of the whole process tree."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    wall_s: float
    cpu_s: float


def timed(run: Callable[[], object]) -> tuple[Sample, object]:
    """What a call took, and its result, whose end is not part of the time.

    This process's CPU time is read next to the call, that of other processes outside of it, so that reading theirs is
    not counted.
    """
    before = others()
    cpu, wall = time.process_time(), time.perf_counter()
    result = run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Sample(wall, cpu + others() - before), result


def others() -> float:
    """CPU seconds of every process below this one: those that were waited for, and those that live.

    A living process is asked by its own CPU clock, exact to the scheduler's accounting and inclusive of threads that
    ended. What it has waited for itself (workers that a fork server started, once they end) is known in ticks of the
    kernel's only, 10 ms as a rule: that matters to figures of pools opened and closed alone.
    """
    waited_for = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = waited_for.ru_utime + waited_for.ru_stime
    children: dict[int, list[int]] = {}
    reaped: dict[int, float] = {}
    for pid, parent, ticks in _processes():
        children.setdefault(parent, []).append(pid)
        reaped[pid] = ticks * _TICK_S
    below = children.get(os.getpid(), [])
    while below:
        pid = below.pop()
        below += children.get(pid, ())
        with suppress(OSError):  # it ended since it was listed
            total += time.clock_gettime(_cpu_clock(pid)) + reaped[pid]
    return total


def _processes() -> list[tuple[int, int, int]]:
    """Process, its parent, and the ticks of what it has waited for; none where there is no /proc (macOS)."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as stat:
                    # After the command's name, which may hold anything: state, parent, … (proc_pid_stat(5)).
                    fields = stat.read().rpartition(")")[2].split()
            except OSError:
                continue  # it ended since it was listed
            found.append((int(name), int(fields[1]), int(fields[13]) + int(fields[14])))
    return found


def _cpu_clock(pid: int) -> int:
    """As clock_getcpuclockid(3), which Python does not offer, makes it: CPUCLOCK_SCHED of a whole process."""
    return (~pid << 3) | 2

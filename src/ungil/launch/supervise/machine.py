"""How busy the machine is."""

from __future__ import annotations

import contextlib
import os

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def waited_s(group: str | None) -> float:
    """Seconds so far in which some runnable task waited for a core; 0.0 where the kernel does not count them.

    A task of the control group ``group``, where there is one; else of the machine.
    """
    for path in (f"{group}/cpu.pressure", "/proc/pressure/cpu"):
        # Some containers let the file be seen, and refuse to read it.
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            # some avg10=0.00 avg60=0.00 avg300=0.00 total=MICROSECONDS
            return int(file.readline().rpartition("=")[2]) / 1e6
    return 0.0


def busy_s() -> float:
    """CPU seconds since boot taken on the cores this process may use, by anyone, the hypervisor included.

    In steps of the kernel's clock tick (usually 10 ms), and on many kernels sampled at the tick; 0.0 without ``/proc``.
    """
    try:
        cores = {f"cpu{core}" for core in os.sched_getaffinity(0)}
        with open("/proc/stat") as file:
            lines = [line.split() for line in file if line.startswith("cpu")]
    except (OSError, AttributeError):
        return 0.0
    # user nice system idle iowait irq softirq steal; what guests took is in user and nice.
    ticks = sum(int(field) for name, *fields in lines if name in cores for field in (*fields[:3], *fields[5:8]))
    return ticks * _TICK_S

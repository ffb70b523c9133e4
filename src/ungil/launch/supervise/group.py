"""A control group for one run: the kernel's own sum of its CPU time, whatever becomes of the processes."""

from __future__ import annotations

import contextlib
import os


class Group:
    """A control group (version 2) below the one we are in, with this process and all it will start.

    The accounts of finished children lack those whose parent ignores SIGCHLD: the kernel then reaps them, and drops
    their time. A group has it. To make one is for root, and for users to whom systemd has delegated theirs (a terminal
    in a desktop session): elsewhere such time is lost.
    """

    def __init__(self) -> None:
        """Raises OSError where no group can be made."""
        self._parent = _own_folder()
        self.path = os.path.join(self._parent, f"ungil-{os.getpid()}")
        os.mkdir(self.path)
        try:
            self._move_to(self.path)
        except OSError:
            os.rmdir(self.path)
            raise

    def cpu_s(self) -> float:
        """User and system time of all that ever was in the group, seconds."""
        with open(os.path.join(self.path, "cpu.stat")) as file:
            return next(int(line.split()[1]) for line in file if line.startswith("usage_usec")) / 1e6

    def close(self) -> None:
        """Leave it and remove it; the others in it have ended."""
        with contextlib.suppress(OSError):
            self._move_to(self._parent)
            os.rmdir(self.path)

    def _move_to(self, folder: str) -> None:
        with open(os.path.join(folder, "cgroup.procs"), "w") as file:
            file.write(str(os.getpid()))


def _own_folder() -> str:
    with open("/proc/self/cgroup") as file:
        path = next((line[3:].strip() for line in file if line.startswith("0::")), None)
    with open("/proc/self/mountinfo") as file:
        # … ROOT MOUNT-POINT OPTIONS … - TYPE SOURCE …
        mount = next((line.split()[4] for line in file if " - cgroup2 " in line), None)
    if path is None or mount is None:
        raise FileNotFoundError("no control groups of version 2")
    return mount + path.rstrip("/")

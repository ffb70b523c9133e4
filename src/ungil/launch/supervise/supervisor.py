"""Start one program, measure it to the end of its last process, and leave nothing of it behind."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from io import FileIO
from typing import Any

from ungil.launch.supervise import machine, tree
from ungil.launch.supervise.group import Group
from ungil.launch.supervise.memory import MAX_RSS_UNIT, Sampler
from ungil.launch.supervise.protocol import Report, Request
from ungil.launch.supervise.tree import Tree

_PR_SET_CHILD_SUBREAPER = 36
_IDLE_S = 1.0
"""A process that outlives the main one and used no CPU for this long is not waited for."""
_LINGER_S = 60.0
"""Nor is any, for longer than this; the time-out ends it earlier."""
_POLITE_S = 0.7
"""For an interrupted program to end by itself; the tool waits a little longer than this."""
_LOOK_S = 0.05


def main() -> None:
    """Read the request, report, exit. A second process is not needed for the next run's sake: this one is for one."""
    lifeline = sys.stdin.fileno()
    request: Request = json.loads(_first_line(lifeline))
    try:
        supervisor = Supervisor(request, lifeline)
    except OSError as error:
        _tell({"error": f"{error.strerror}: {error.filename or request['command'][0]}"})
        return
    _tell({"pid": supervisor.pid, "group": supervisor.group_path})
    report = supervisor.supervise()
    if report is None:
        shutil.rmtree(request["folder"], ignore_errors=True)
    else:
        _tell(report)


class Supervisor:
    """One run."""

    def __init__(self, request: Request, lifeline: int) -> None:
        """Start the program. Raises OSError where it, or a file of its streams, cannot be had."""
        self._lifeline = lifeline
        self._timeout_s = request["timeout_s"]
        self._tree = Tree()
        self._sampler = Sampler(self._tree) if request["sample_memory"] else None
        self._cpu_s = 0.0
        self._status: int | None = None
        self._tool_gone = False
        self._bell = _ring_on_child_exit()
        self._group: Group | None = None
        with contextlib.suppress(OSError):
            self._group = Group()
        self.group_path = self._group.path if self._group else None
        _become_subreaper()
        try:
            self._process = self._start(request)
        except BaseException:
            if self._group is not None:
                self._group.close()
            raise
        self.pid = self._process.pid

    def _start(self, request: Request) -> subprocess.Popen[bytes]:
        with contextlib.ExitStack() as files:
            stdin, stdout, stderr = _open_streams(request, files)
            self._waited_s, self._busy_s = machine.waited_s(self.group_path), machine.busy_s()
            self._own_cpu_s = _own_cpu_s()
            self._group_s = self._group.cpu_s() if self._group else 0.0
            self._started_s = time.monotonic()
            return subprocess.Popen(
                request["command"],
                env=request["environ"],
                cwd=request["cwd"],
                start_new_session=True,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
            )

    def supervise(self) -> Report | None:
        """Follow the program to its end; None when the tool went away, and the tree with it."""
        timed_out = not self._until_main_ends()
        ended_s = time.monotonic()
        waited_s = machine.waited_s(self.group_path) - self._waited_s
        busy_s = machine.busy_s() - self._busy_s - (_own_cpu_s() - self._own_cpu_s)
        tree_s = self._group_cpu_s() or self._cpu_s + sum(map(tree.cpu_s, self._tree.look()))
        if timed_out or self._tool_gone:
            self._end_tree()
            left_behind = 0
        else:
            left_behind = self._until_all_end()
        self._settle()
        if self._tool_gone:
            return None
        assert self._status is not None, "the tree has ended"
        return {
            "status": self._status,
            "timed_out": timed_out,
            "started_s": self._started_s,
            "wall_s": ended_s - self._started_s,
            "cpu_s": self._cpu_s,
            "peak_bytes": self._sampler.peak_bytes if self._sampler else None,
            "peak_is": ("pss" if self._sampler.exact else "rss") if self._sampler else None,
            "wait_s": max(waited_s, 0.0),
            "other_cpu_s": max(busy_s - tree_s, 0.0),
            "left_behind": left_behind,
        }

    def _until_main_ends(self) -> bool:
        """False when it did not in time. Returns early when the tool has gone."""
        next_look_s = 0.0
        while True:
            self._reap()
            if self._status is not None:
                return True
            if self._tool_gone:
                return True
            now = time.monotonic()
            left_s = self._left_s(now)
            if left_s is not None and left_s <= 0:
                return False
            if self._sampler is not None and now >= next_look_s:
                next_look_s = time.monotonic() + self._sampler.look()
                continue
            waits = [left_s, next_look_s - now if self._sampler else None]
            self._wait(min((wait for wait in waits if wait is not None), default=None))

    def _until_all_end(self) -> int:
        """Wait for the processes that outlive the main one while they work; end the idle ones and count them."""
        ended: set[int] = set()
        worked: dict[int, tuple[float, float]] = {}
        give_up_s = time.monotonic() + _LINGER_S
        while self._reap() and not self._tool_gone:
            now = time.monotonic()
            left_s = self._left_s(now)
            if now > give_up_s or (left_s is not None and left_s <= 0):
                return len(ended | self._end_tree())
            if self._sampler is not None:
                self._sampler.look()
            pids = self._tree.look()
            for pid in pids:
                cpu_s = tree.cpu_s(pid)
                if pid not in worked or cpu_s > worked[pid][0]:
                    worked[pid] = (cpu_s, now)
            idle = {pid for pid in pids if now - worked[pid][1] > _IDLE_S}
            ended.update(pid for pid in idle if tree.with_descendants(pid, pids) <= idle and tree.kill(pid))
            self._wait(_LOOK_S)
        if self._tool_gone:
            self._end_tree()
        return len(ended)

    def _end_tree(self) -> set[int]:
        """Interrupt, as Ctrl-C does, for the program to clean up after itself; then kill. Who was ended.

        Killed until nothing is left: a process may start others while we go through the list.
        """
        ended = set(self._interrupt())
        self._signal_group(signal.SIGKILL)  # where orphans do not come to us, this reaches most of them
        while self._reap():
            ended.update(pid for pid in self._tree.look() if tree.kill(pid))
            self._wait(0.01)
        return ended

    def _interrupt(self) -> list[int]:
        """What there was to interrupt, if the main process was still there to do so."""
        if self._status is not None:
            return []
        pids = self._tree.look()
        self._signal_group(signal.SIGINT)
        kill_s = time.monotonic() + _POLITE_S
        while self._reap() and time.monotonic() < kill_s:
            self._wait(0.02)
        return pids

    def _signal_group(self, number: signal.Signals) -> None:
        # Once its leader is collected, the group's number may be somebody else's.
        if self._status is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def _reap(self) -> bool:
        """Take the accounts of all that have ended; whether there are others."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            self._cpu_s += usage.ru_utime + usage.ru_stime
            if pid == self.pid:
                self._status = self._process.returncode = os.waitstatus_to_exitcode(status)
                if self._sampler is not None:
                    self._sampler.ended(usage.ru_maxrss * MAX_RSS_UNIT)

    def _settle(self) -> None:
        """Take the group's sum where the accounts of children fall short of it, and remove the group."""
        if self._group is not None:
            # A little more is our own work between two readings.
            if self._group_cpu_s() > self._cpu_s + 0.01:
                self._cpu_s = self._group_cpu_s()
            self._group.close()

    def _group_cpu_s(self) -> float:
        """What the group has used since the start, without us; 0.0 without a group."""
        if self._group is None:
            return 0.0
        return self._group.cpu_s() - self._group_s - (_own_cpu_s() - self._own_cpu_s)

    def _left_s(self, now: float) -> float | None:
        return None if self._timeout_s is None else self._started_s + self._timeout_s - now

    def _wait(self, timeout_s: float | None) -> None:
        """Until a child ends, the tool goes away, or so many seconds have passed."""
        watched = [self._bell] if self._tool_gone else [self._bell, self._lifeline]
        ready, _, _ = select.select(watched, [], [], timeout_s)
        if self._bell in ready:
            os.read(self._bell, 4096)
        if self._lifeline in ready:
            self._tool_gone = not os.read(self._lifeline, 4096)


def _first_line(descriptor: int) -> bytes:
    # Unbuffered: what select() sees is all there is.
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(descriptor, 65536)
        if not part:
            sys.exit(1)
        line += part
    return line


def _tell(message: Any) -> None:
    # Broken pipe: nobody is left to tell.
    with contextlib.suppress(BrokenPipeError):
        os.write(1, (json.dumps(message) + "\n").encode())


def _open_streams(request: Request, files: contextlib.ExitStack) -> tuple[FileIO, FileIO, FileIO]:
    stdin = files.enter_context(FileIO(request["stdin"] or os.devnull, "r"))
    stdout = files.enter_context(FileIO(request["stdout"], "w"))
    if request["stderr"] == request["stdout"]:
        return stdin, stdout, stdout
    return stdin, stdout, files.enter_context(FileIO(request["stderr"], "w"))


def _become_subreaper() -> None:
    """Orphans of the tree come to us, not to init: only so are they found, and their CPU time counted (Linux)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _ring_on_child_exit() -> int:
    """A descriptor that can be read when a child has ended."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def _own_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

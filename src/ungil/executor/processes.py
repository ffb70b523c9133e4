"""The model ``processes``: each worker thread has a process of its own, which it talks to over a socket.

Not on top of ``ProcessPoolExecutor``, which sends one task in 200 µs, copies large arguments several times, and whose
workers outlive a parent that is killed.
"""

from __future__ import annotations

import contextlib
import copyreg
import multiprocessing
import multiprocessing.util
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.reduction import ForkingPickler
from typing import Any

from ungil.executor.far_process import serve_process
from ungil.executor.future import Future
from ungil.executor.mapping import Job
from ungil.executor.near import FarPool, FarWorker
from ungil.executor.pool import at_exit

_PATIENCE_S = 1.0
"""How long a process whose socket is closed may take to be gone, before it is said not to have died."""


_finishing_in: int | None = None


class ProcessPool(FarPool):
    """Processes, which share nothing."""

    broken_class: type[BrokenExecutor] = BrokenProcessPool
    broken_message = "A child process terminated abruptly, the process pool is not usable anymore"
    broken_pending_message = (
        "A process in the process pool was terminated abruptly while the future was running or pending."
    )

    def __init__(
        self,
        max_workers: int,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        mp_context: Any = None,
        native_threads: int | None = None,
    ) -> None:
        super().__init__(max_workers, "")
        self.processes: dict[int, Any] = {}
        """The worker processes there are, by pid."""
        self.context = mp_context or multiprocessing.get_context()
        self.start_data = initializer, tuple(initargs), native_threads
        self._forks = self.context.get_start_method() == "fork"
        self._spare: list[ProcessWorker] = []
        self._starting_all = threading.RLock()
        self._reducers: dict[Any, Any] = {}
        self._reducers_of = (-1, -1)

    def push(self, item: Future | Job, prepare: Callable[[], None] | None = None) -> None:
        if self._forks and not self.processes:
            self._fork_all()
        super().push(item, prepare)

    def _fork_all(self) -> None:
        # Before there are threads of ours: a fork takes along whatever locks other threads hold at that time.
        with self._starting_all:
            self.check()
            if not self.processes:
                for _ in range(self.max_workers):
                    worker = ProcessWorker(self)
                    worker.prepare()
                    self._spare.append(worker)

    def make_worker(self) -> ProcessWorker:
        return self._spare.pop(0) if self._spare else ProcessWorker(self)

    def reducers(self) -> dict[Any, Any]:
        # Connections, locks, a library's tensors: what may be sent to a process only. In one dict: multiprocessing
        # makes a chain of two for every pickle.
        extra = ForkingPickler._extra_reducers  # type: ignore[attr-defined]  # private
        counts = len(copyreg.dispatch_table), len(extra)
        if counts != self._reducers_of:
            self._reducers = {**copyreg.dispatch_table, **extra}
            self._reducers_of = counts
        return self._reducers

    def fail(self, message: str, pending_message: str | None = None) -> None:
        super().fail(message, pending_message)
        for process in list(self.processes.values()):
            process.kill()

    def _close(self, refusal: Callable[[], Exception], *, dropping: bool) -> list[Future | Job]:
        dropped = super()._close(refusal, dropping=dropping)
        while self._spare:
            self._spare.pop().close()
        return dropped

    def forget(self) -> None:
        super().forget()
        # Nor are they children of this process, which multiprocessing would wait for at its end.
        multiprocessing.process._children.difference_update(self.processes.values())  # type: ignore[attr-defined]  # private
        self.processes.clear()
        self._spare.clear()
        self._starting_all = threading.RLock()
        _forget_fork_server()


class ProcessWorker(FarWorker):
    """A thread and its process."""

    pool: ProcessPool

    def __init__(self, pool: ProcessPool) -> None:
        super().__init__(pool)
        self._process: Any = None
        self._life: Any = None
        self._watch: int | None = None

    def prepare(self) -> None:
        """Start the process. Here, as a script's ``__main__`` loses its file when it has been run to its end, and with
        it what a new process can find there.
        """
        if self._process is not None:
            return
        _finish_before_multiprocessing()
        context = self.pool.context
        there = self.connect()
        # Nothing is ever sent through this one: it closes when this process is gone (see `far_process`).
        end_of_life, self._life = context.Pipe(duplex=False)
        self.pool.ends.add(self._life)
        process: Any = context.Process(target=serve_process, args=(there, end_of_life, *self.pool.start_data))
        try:
            process.start()
        finally:
            there.close()
            end_of_life.close()
        self._process = process
        self.pool.processes[process.pid] = process
        watched = process.sentinel
        if hasattr(os, "pidfd_open"):  # sees the end of the process also where its own children keep the sentinel open
            with contextlib.suppress(OSError):  # an old kernel; or the process is gone already, and the sentinel tells
                watched = self._watch = os.pidfd_open(process.pid)
        assert self.channel is not None
        self.channel.watch(watched)

    def open(self) -> None:
        try:
            self.wait_until_ready()
        except self.pool.broken_class:
            raise
        except BaseException as error:  # the initializer's: the process has logged it
            raise self.pool.broken_class(self.pool.broken_message) from error

    def close(self) -> None:
        self.hang_up()
        life, self._life = self._life, None
        process = self._process
        if process is not None:
            process.join()
            self.pool.processes.pop(process.pid, None)
            process.close()  # its descriptors, for which it would wait for the collector
        if life is not None:
            self.pool.ends.discard(life)
            life.close()
        watch, self._watch = self._watch, None
        if watch is not None:
            os.close(watch)

    def how_it_died(self) -> str:
        process = self._process
        process.join(_PATIENCE_S)
        code = process.exitcode
        if code is None:
            how = "has closed its connection"
        elif code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
        else:
            how = f"exited with status {code}"
        return f"{self.pool.broken_pending_message} The worker process {process.pid} {how}"


def _finish_before_multiprocessing() -> None:
    """At the end of a process of multiprocessing's, it waits for its children before anything of threads ends."""
    global _finishing_in
    if _finishing_in != os.getpid() and multiprocessing.parent_process() is not None:
        _finishing_in = os.getpid()
        multiprocessing.util.Finalize(None, at_exit, exitpriority=100)


def _forget_fork_server() -> None:
    """In a forked child: multiprocessing waits for its fork server there as for a child, which it is not."""
    server: Any = getattr(sys.modules.get("multiprocessing.forkserver"), "_forkserver", None)
    if getattr(server, "_forkserver_pid", None) is not None:
        with contextlib.suppress(OSError):
            os.close(server._forkserver_alive_fd)
        server._forkserver_pid = server._forkserver_alive_fd = server._forkserver_address = None
        server._lock = threading.Lock()

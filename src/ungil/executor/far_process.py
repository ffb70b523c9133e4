"""What a worker process runs."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import threading
from concurrent.futures._base import LOGGER
from typing import Any

from ungil.executor import far
from ungil.executor.channel import Channel


def serve_process(
    there: socket.socket, end_of_life: Any, initializer: Any, initargs: tuple[Any, ...], native_threads: int | None
) -> None:
    """Be a worker of the process at the other end of a socket, and end with it.

    ``end_of_life`` is the reading end of a pipe that this process alone holds the other end of.
    """
    _end_with(end_of_life.fileno())
    server = far.Server(Channel(there.fileno()), far.load)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        _take_interrupts(server)
    try:
        if native_threads is not None:
            from ungil.executor import native

            native.limit_process(native_threads)
        if initializer is not None:
            initializer(*initargs)
    except BaseException as error:
        LOGGER.critical("Exception in initializer:", exc_info=True)
        server.say(error)
        return
    server.say(None)
    server.serve()


def _take_interrupts(server: far.Server) -> None:
    """Ctrl-C reaches all processes of the terminal: it ends the task, not the worker, and not one that comes later."""
    last_task = -1

    def interrupt(number: int, frame: Any) -> None:
        nonlocal last_task
        if server.is_running and server.tasks != last_task:
            last_task = server.tasks
            signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, interrupt)


def _end_with(fd: int) -> None:
    """Have the kernel end this process when the other end of a pipe is closed, whatever it is doing then."""
    if not hasattr(fcntl, "F_SETSIG"):  # not Linux
        threading.Thread(target=_wait_for_end, args=(fd,), daemon=True).start()
        return
    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGTERM)
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
    closed = select.poll()
    closed.register(fd, 0)
    if closed.poll(0):  # before the kernel was told
        os._exit(1)


def _wait_for_end(fd: int) -> None:
    os.read(fd, 1)
    os._exit(1)

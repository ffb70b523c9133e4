"""The place a build is made in: one maker at a time, and nothing of it left, however it ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ungil.errors import UngilError
from ungil.pythons import folders
from ungil.pythons.step import Progress, Step

_ROOM_BYTES = 900_000_000
"""What unpacking and building one CPython takes for a while; 250 MB of it stay."""

_SCRATCH = ".building-"


@dataclass(frozen=True)
class Workshop:
    """Where to work, and whom to tell."""

    home: Path
    """The folder the finished builds stand in."""
    scratch: Path
    """A new folder on the same file system, gone in the end."""
    log: IO[str]
    """Kept."""
    progress: Progress

    def require_room(self) -> None:
        """Raises UngilError where the disk is too full to build anything."""
        free = shutil.disk_usage(self.home).free
        if free < _ROOM_BYTES:
            raise UngilError(
                f"{self.home} has {free / 1e6:.0f} MB left, building Python takes {_ROOM_BYTES / 1e6:.0f} MB: "
                "make room, or name another place in XDG_DATA_HOME"
            )


@contextlib.contextmanager
def workshop(name: str, progress: Progress) -> Iterator[Workshop]:
    """A workshop whose log bears ``name``; waits while another process has one.

    Raises:
        UngilError: a file or folder can't be made or written, in here or in the body.
    """
    home = folders.pythons()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_one_line_errors(home))
        stack.enter_context(_sole_installer(home, progress))
        stack.enter_context(_stopped_as_by_ctrl_c())
        scratch = stack.enter_context(_scratch(home))
        yield Workshop(home, scratch, stack.enter_context(_log(name)), progress)


@contextlib.contextmanager
def _one_line_errors(home: Path) -> Iterator[None]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        hint = {errno.ENOSPC: "make room", errno.EDQUOT: "make room", errno.EACCES: "it must be yours to write"}
        what = f": {hint[error.errno]}, or name another place in XDG_DATA_HOME" if error.errno in hint else ""
        raise UngilError(f"{error.filename or home}: {error.strerror or error}{what}") from error


@contextlib.contextmanager
def _sole_installer(home: Path, progress: Progress) -> Iterator[None]:
    with open(home / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(Step("waiting for another ungil to finish installing a Python"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    # With the lock held, whatever lies here was left by one that was killed.
    for left in home.glob(_SCRATCH + "*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _stopped_as_by_ctrl_c() -> Iterator[None]:
    """SIGTERM and SIGHUP end an installation as cleanly as Ctrl-C does."""

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _log(name: str) -> Iterator[IO[str]]:
    folder = folders.cache() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"install-{re.sub(r'[^A-Za-z0-9.+]', '_', name)}.log"
    with open(path, "w", buffering=1, errors="replace") as log:
        yield log

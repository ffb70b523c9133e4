"""Where a report goes: standard output or a file, whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path

from ungil.errors import UngilError

STANDARD_OUTPUT = "-"


def check_writable(path: str) -> None:
    """Find out before a long run whether a report can be written to ``path``; nothing is created or changed.

    Raises:
        UngilError: the folder is missing, ``path`` is a folder, or permission is missing.
    """
    if path != STANDARD_OUTPUT:
        _writes_in_place(path)


def write_document(text: str, path: str) -> None:
    """Write ``text`` as UTF-8 to the file ``path``, or to standard output where it is ``-``.

    A reader of the file sees the old text or the new one, never a part: it is written beside its place and
    moved there. What is not a regular file (``/dev/stderr``, a pipe) is written to as it stands.

    Raises:
        UngilError: the file cannot be written.
    """
    if path == STANDARD_OUTPUT:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    # What a program prints or is called need not be UTF-8; a report that can't be written would be worse.
    data = text.encode("utf-8", errors="backslashreplace")
    in_place = _writes_in_place(path)
    try:
        if in_place:
            Path(path).write_bytes(data)
        else:
            _replace(Path(path).resolve(), data)
    except OSError as error:
        raise _unwritable(path, error.strerror) from error


def _writes_in_place(path: str) -> bool:
    """Whether ``path`` has to be written to as it stands, because it can't (or must not) be moved over."""
    if not path:
        raise UngilError("cannot write a report to a file without a name")
    try:
        mode = _mode_of(path)
        folder = Path(path).resolve().parent
        exists = _mode_of(folder) is not None
    except OSError as error:
        raise _unwritable(path, error.strerror) from error
    if mode is None:
        _check_new(path, folder, exists)
        return False
    if stat.S_ISDIR(mode):
        raise _unwritable(path, "it is a directory")
    if not os.access(path, os.W_OK):
        raise _unwritable(path, "no permission to write to it")
    return not stat.S_ISREG(mode) or not os.access(folder, os.W_OK | os.X_OK)


def _mode_of(path: str | Path) -> int | None:
    """None where there is nothing; everything else that keeps it from us is an OSError."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _check_new(path: str, folder: Path, exists: bool) -> None:
    if path.endswith(os.sep):
        raise _unwritable(path, "it names a directory")
    if not exists:
        raise _unwritable(path, f"there is no directory {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(path, f"no permission to write in {folder}")


def _replace(target: Path, data: bytes) -> None:
    beside = target.with_name(f".ungil-{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        # Not tempfile, whose files nobody else may read: a report has the permissions of the one it replaces,
        # or those of any new file of the user's.
        with open(beside, "xb") as file:
            file.write(data)
        with suppress(FileNotFoundError):
            beside.chmod(stat.S_IMODE(target.stat().st_mode))
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _unwritable(path: str, reason: str | None) -> UngilError:
    return UngilError(f"cannot write {path}: {reason}")

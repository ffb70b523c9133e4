"""What a run put out, and whether two runs put out the same."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ungil.errors import UngilError

How = Literal["bytes", "sorted-lines", "files", "not-compared"]

_LARGEST_SORTED = 256 * 1024 * 1024
"""Outputs beyond this many bytes are not compared as sorted lines: they would have to be held in memory."""


@dataclass(frozen=True)
class Output:
    """Digests of what one run put out."""

    exact: str
    unordered: str | None = None
    """Of the sorted lines; None where there is no such thing."""


def check_rule(same: str) -> None:
    """Raises UngilError where ``same`` is not ``stdout``, ``none`` or ``files:GLOB``."""
    if same not in ("stdout", "none") and not (same.startswith("files:") and len(same) > len("files:")):
        raise UngilError(f"--same {same}: must be stdout, none or files:GLOB")


def collect(same: str, stdout: str, started_ns: int) -> Output | None:
    """What a finished run put out under the rule ``same``; None where nothing is compared.

    ``stdout`` is the file its standard output went to. Of files only those count that were written since
    ``started_ns`` (Unix time): one left over from an earlier run is not this run's output.
    """
    if same == "none":
        return None
    if same == "stdout":
        return _of_text(stdout)
    return _of_files(same.removeprefix("files:"), started_ns)


def how_to_compare(same: str, today: Sequence[Output]) -> How:
    """The strictest comparison under which the program as it is today is the same as itself."""
    if same == "none" or not today:
        return "not-compared"
    if len({output.exact for output in today}) == 1:
        return "bytes" if same == "stdout" else "files"
    if same == "stdout" and None not in (kinds := {output.unordered for output in today}) and len(kinds) == 1:
        return "sorted-lines"
    return "not-compared"


def compare(output: Output, today: Output, how: How) -> How | None:
    """How ``output`` is the same as today's: by ``how`` or, failing that, by its sorted lines; None: it is not."""
    if how == "not-compared":
        return how
    if how != "sorted-lines" and output.exact == today.exact:
        return how
    if output.unordered is not None and output.unordered == today.unordered:
        return "sorted-lines"
    return None


def _of_text(path: str) -> Output:
    exact = _digest(path)
    if os.path.getsize(path) > _LARGEST_SORTED:
        return Output(exact)
    with open(path, "rb") as file:
        lines = sorted(line.rstrip(b"\n") for line in file)
    return Output(exact, hashlib.sha256(b"\n".join(lines)).hexdigest())


def _of_files(pattern: str, started_ns: int) -> Output:
    total = hashlib.sha256()
    for path in sorted(glob.glob(pattern, recursive=True)):
        if os.path.isfile(path) and os.stat(path).st_mtime_ns >= started_ns:
            total.update(f"{path}\0{_digest(path)}\0".encode())
    return Output(total.hexdigest())


def _digest(path: str) -> str:
    state = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            state.update(block)
    return state.hexdigest()

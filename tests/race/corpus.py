"""The programs of ``corpus/``, and what their first comments say of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("corpus")
FOLDERS = ("buggy", "correct", "deep", "harmless")


class Program(NamedTuple):
    """A small threaded program. Its folder says whether it has a bug; no other part of it is there for the tests."""

    path: Path
    kind: str
    """A finding's name (``lost-update``), ``correct`` or ``harmless``."""
    lines: frozenset[int]
    """Where a finding's main place is right."""
    arguments: tuple[str, ...]
    """What has the program check itself at its end; empty where it can't, or where it always does."""
    also: frozenset[str]
    """Names of findings that are as right as ``kind``."""


def programs(folder: str) -> list[Program]:
    """The programs of one of FOLDERS, by name."""
    return [read(path) for path in sorted((FOLDER / folder).glob("*.py"))]


def read(path: Path) -> Program:
    """
    Raises:
        ValueError: its first comment names no kind.
    """
    text = path.read_text(encoding="utf-8").splitlines()
    said: dict[str, str] = {}
    for line in text:
        if not line.startswith("#"):
            break
        if found := re.fullmatch(r"# (kind|also|arguments): (.+)", line):
            said[found[1]] = found[2]
    if "kind" not in said:
        raise ValueError(f"{path}: its first comment has no line `# kind: ...`")
    return Program(
        path=path,
        kind=said["kind"],
        lines=frozenset(number for number, line in enumerate(text, 1) if line.endswith("# RACE")),
        arguments=tuple(said.get("arguments", "").split()),
        also=frozenset(said.get("also", "").replace(",", " ").split()),
    )

"""The executables that may be interpreter builds, and who knows of each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ungil.pythons import folders, uv

NAME = re.compile(r"python(3(\.\d+)?t?d?)?")
"""The names CPython is installed under; ``pythonw``, ``python3-config`` and ``python2`` are none."""


def candidates() -> Iterator[tuple[str, str]]:
    """(executable, found_by), the most deliberate source first; with links and doubles in it."""
    for entry in os.environ.get("UNGIL_PYTHONS", "").split(os.pathsep):
        if entry:
            yield from ((path, "UNGIL_PYTHONS") for path in _of_entry(Path(os.path.abspath(entry))))
    for prefix in _folders_in(folders.pythons()):
        yield from ((path, "ungil") for path in of_prefix(prefix)[:1])
    for path in uv.managed():
        yield path, "uv"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if os.path.isabs(folder):  # a relative entry, or an empty one, depends on where the command happens to run
            yield from ((path, "PATH") for path in in_folder(Path(folder)))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for prefix in _folders_in(pyenv / "versions"):
        if not is_environment(prefix):
            yield from ((path, "pyenv") for path in of_prefix(prefix)[:1])


def of_prefix(prefix: Path) -> list[str]:
    """The interpreters of an installation or environment, the most exactly named first."""
    return in_folder(prefix / "bin", environments=True)


def in_folder(folder: Path, *, environments: bool = False) -> list[str]:
    """The interpreters in a folder, the most exactly named first; those of environments only if asked for."""
    if not environments and is_environment(folder.parent):
        return []
    try:
        names = [name for name in os.listdir(folder) if NAME.fullmatch(name)]
    except OSError:
        return []
    names.sort(key=lambda name: (-len(name), name))
    paths = [str(folder / name) for name in names]
    return [path for path in paths if not os.path.isdir(path) and not is_shim(path)]


def is_environment(prefix: Path) -> bool:
    """Whether a folder is a virtual environment, which is no build but a view of one."""
    return (prefix / "pyvenv.cfg").exists()


def is_shim(path: str) -> bool:
    """Whether a file only looks up which interpreter to start (pyenv, asdf, mise), by where it is called."""
    real = os.path.realpath(path)
    if os.path.basename(os.path.dirname(path)) == "shims" or os.path.basename(real) in (
        "mise",
        "asdf",
        "pyenv",
    ):
        return True
    try:
        with open(real, "rb") as file:
            start = file.read(2048)
    except OSError:
        return False
    return start.startswith(b"#!") and bool(re.search(rb"\b(pyenv|asdf|mise)\b.*\bexec\b", start))


def _of_entry(entry: Path) -> list[str]:
    """What one entry of UNGIL_PYTHONS stands for: an executable, a prefix, a folder of either."""
    if not entry.is_dir():
        return [str(entry)]
    found = of_prefix(entry) or in_folder(entry, environments=True)
    if found:
        return found
    inner = [path for prefix in _folders_in(entry) for path in of_prefix(prefix)[:1]]
    return inner or [str(entry / "python3")]


def _folders_in(folder: Path) -> list[Path]:
    try:
        # Hidden ones are half-made.
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []

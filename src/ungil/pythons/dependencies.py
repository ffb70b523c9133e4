"""What a program needs installed: its own inline metadata, the user's options, or the project it stands in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ungil.errors import UngilError


@dataclass(frozen=True)
class Dependencies:
    """What to install for a program, and the Pythons it says it runs on. Paths are absolute."""

    requirements: tuple[str, ...] = ()
    """As pip writes them (``--with``)."""
    files: tuple[str, ...] = ()
    """Requirements files (``--with-requirements``)."""
    project: str | None = None
    """Folder of the project, where it has anything to install."""
    script: str | None = None
    """The program's file, where its own metadata (PEP 723) names dependencies."""
    requires_python: str | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to install."""
        return not (self.requirements or self.files or self.project or self.script)


def dependencies_of(
    program_path: str | None,
    with_: Sequence[str] = (),
    with_requirements: Sequence[str] = (),
    no_project: bool = False,
) -> Dependencies:
    """What the program at ``program_path`` needs.

    As with ``uv run``: a script with a PEP 723 block says all it needs, and no project is looked for; else the
    project is the nearest folder upwards with a pyproject.toml that has a ``[project]``, or a uv.lock. Options come
    on top.

    Args:
        program_path: the script, or a folder; None, or what is no file, for a command of some environment.
        with_: requirements as pip writes them.
        with_requirements: requirements files.
        no_project: do not look for a project.

    Raises:
        UngilError: a requirement, file, block or pyproject.toml can't be read.
    """
    requirements = tuple(map(_requirement, with_))
    files = tuple(map(_readable, with_requirements))
    # What is no file is a command of some environment (`black`), which stands in no project.
    path = Path(os.path.abspath(program_path)) if program_path and os.path.exists(program_path) else None
    block = _block(path) if path is not None and path.is_file() else None
    if block is not None:
        needs = bool(_strings(block, "dependencies", path))
        return Dependencies(
            requirements, files, None, str(path) if needs else None, _requires_python(block, f"the metadata of {path}")
        )
    project = None if no_project or path is None else find_project(path)
    if project is None:
        return Dependencies(requirements, files)
    metadata = pyproject(project).get("project", {})
    return Dependencies(
        requirements,
        files,
        str(project) if _has_something(project) else None,
        None,
        _requires_python(metadata, f"{project / 'pyproject.toml'}"),
    )


def find_project(path: Path) -> Path | None:
    """The folder of the project a file or folder belongs to."""
    # Links are followed first: a script that is a link belongs where it is kept, as it does for sys.path[0].
    real = Path(os.path.realpath(path))
    for folder in [real, *real.parents] if real.is_dir() else real.parents:
        if (folder / "uv.lock").is_file() or "project" in pyproject(folder):
            return folder
    return None


def is_package(project: Path) -> bool:
    """Whether the project itself is installed, by uv's rule: it says how to build it."""
    document = pyproject(project)
    wanted = document.get("tool", {}).get("uv", {}).get("package")
    return bool(wanted) if wanted is not None else "build-system" in document


def pyproject(folder: Path) -> dict[str, Any]:
    """The folder's pyproject.toml; empty where there is none."""
    path = folder / "pyproject.toml"
    try:
        return toml(path.read_text(encoding="utf-8"), str(path))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}


def toml(text: str, whose: str) -> dict[str, Any]:
    """A TOML document.

    Raises:
        UngilError: it is none.
    """
    try:
        # tomllib came with Python 3.11; tomli is the same for 3.10.
        library = import_module("tomllib")
    except ModuleNotFoundError:
        library = import_module("tomli")
    try:
        document: dict[str, Any] = library.loads(text)
    except ValueError as error:
        raise UngilError(f"{whose} is not valid TOML: {error}") from error
    return document


def _has_something(project: Path) -> bool:
    metadata = pyproject(project).get("project", {})
    dynamic = "dependencies" in metadata.get("dynamic", ())
    return bool(metadata.get("dependencies")) or dynamic or is_package(project) or (project / "uv.lock").is_file()


def _block(path: Path) -> dict[str, Any] | None:
    """The ``script`` block of inline metadata, by the reference implementation of PEP 723."""
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise UngilError(f"{path} can't be read: {error.strerror}") from error
    text = text.replace("\r\n", "\n")
    found = re.findall(r"(?m)^# /// script$\s(?P<content>(?:^#(?:| .*)$\s)+)^# ///$", text)
    if len(found) > 1:
        raise UngilError(f"{path} has more than one block of script metadata (# /// script): keep one")
    if not found:
        return None
    lines = (line[2:] if line.startswith("# ") else line[1:] for line in found[0].splitlines(keepends=True))
    return toml("".join(lines), f"the script metadata of {path}")


def has_settings(script: str) -> bool:
    """Whether a script has a lock file, or settings of uv in its metadata."""
    block = _block(Path(script)) or {}
    return "uv" in block.get("tool", {}) or os.path.exists(f"{script}.lock")


def _strings(document: dict[str, Any], name: str, path: Path | None) -> list[str]:
    value = document.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UngilError(f"the metadata of {path}: {name} must be a list of strings")
    return value


def _requires_python(document: dict[str, Any], whose: str) -> str | None:
    value = document.get("requires-python")
    if value is None:
        return None
    try:
        return str(SpecifierSet(value))
    except (InvalidSpecifier, TypeError, AttributeError):
        raise UngilError(f"{whose}: requires-python = {value!r} is no version specifier, as '>=3.12'") from None


def _requirement(text: str) -> str:
    if os.path.isdir(text) or (os.sep in text and os.path.exists(text)):
        return os.path.abspath(text)
    if not re.match(r"[a-z+]+:", text):  # a URL is uv's to judge
        try:
            Requirement(text)
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0]
            raise UngilError(f"--with {text!r} is no requirement, as numpy or 'numpy>=2': {reason}") from None
    return text


def _readable(path: str) -> str:
    try:
        with open(path, "rb"):
            return os.path.abspath(path)
    except OSError as error:
        raise UngilError(f"--with-requirements {path}: {error.strerror}") from error


def local_packages(project: Path) -> Iterator[Path]:
    """The folders a project's packages are built from: its own, and those its lock file takes from disk."""
    if is_package(project):
        yield project
    try:
        lock = toml((project / "uv.lock").read_text(encoding="utf-8"), str(project / "uv.lock"))
    except FileNotFoundError:
        return
    for package in lock.get("package", ()):
        source = package.get("source", {})
        place = source.get("editable") or source.get("directory")
        if place and os.path.normpath(place) != ".":
            yield Path(os.path.normpath(project / place))

"""CPython from a source tarball into a folder of its own: all of it, or nothing."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ungil.errors import UngilError
from ungil.pythons import child
from ungil.pythons.candidates import of_prefix
from ungil.pythons.describe import describe_one
from ungil.pythons.step import Progress, Step


@dataclass(frozen=True)
class Recipe:
    """One build to make."""

    name: str
    """``Python 3.13.5t``, for progress and errors."""
    prefix: Path
    """Where it will stand: configure bakes it in, so nothing is moved elsewhere later."""
    compiler: Sequence[str]
    arguments: Sequence[str]
    free_threaded: bool


def unpack(tarball: Path, folder: Path) -> Path:
    """The source tree of a tarball, unpacked below ``folder``.

    Raises:
        UngilError: the tarball can't be read, or is no source of CPython.
    """
    folder.mkdir()
    try:
        with tarfile.open(tarball) as archive:
            if hasattr(tarfile, "data_filter"):
                archive.extractall(folder, filter="data")
            else:  # before 3.11.4; apt has checked whose file this is
                archive.extractall(folder)
    except tarfile.TarError as error:
        raise UngilError(f"{tarball.name} can't be unpacked: {error}") from error
    for configure in folder.glob("*/configure"):
        return configure.parent
    raise UngilError(f"{tarball.name} holds no source of CPython")


def build(recipe: Recipe, source: Path, scratch: Path, log: IO[str], progress: Progress) -> None:
    """Configure, compile and install; ``recipe.prefix`` appears in one step, when all has worked.

    ``scratch`` is a new folder on the file system of the prefix; the caller removes it.

    Raises:
        UngilError: a step failed; the log says how.
    """
    work, stage = scratch / "build", scratch / "stage"
    work.mkdir(parents=True)
    maker = _Maker(recipe, work, log, progress)
    compiler = " ".join(recipe.compiler)
    maker.run(
        "configuring", [str(source / "configure"), f"--prefix={recipe.prefix}", *recipe.arguments, f"CC={compiler}"]
    )
    maker.run("building", ["make", f"-j{len(os.sched_getaffinity(0))}"], total=maker.files())
    maker.run("installing", ["make", "install", f"DESTDIR={stage}"])
    staged = stage / recipe.prefix.relative_to("/")
    maker.check(staged)
    if recipe.prefix.exists():
        # Ours and broken, else nobody would be building it again.
        os.rename(recipe.prefix, scratch / "replaced")
    os.rename(staged, recipe.prefix)


class _Maker:
    """The steps of one build, told and logged alike."""

    def __init__(self, recipe: Recipe, work: Path, log: IO[str], progress: Progress) -> None:
        self._recipe, self._work, self._log, self._progress = recipe, work, log, progress
        self._environment = child.environment()

    def run(self, verb: str, command: Sequence[str], total: int | None = None) -> None:
        what = f"{verb} {self._recipe.name}"
        done = 0

        def told(line: str) -> None:
            nonlocal done
            if _compiles_file(line):
                done += 1
                self._progress(Step(what, min(done, total or done), total))

        self._progress(Step(what, 0 if total else None, total))
        self._log.write(f"# {what}: {' '.join(command)}\n")
        status, lines = child.run(
            command, cwd=self._work, env=self._environment, log=self._log, on_line=told if total else None
        )
        if status:
            raise UngilError(f"{what} failed: {_complaint(lines)} (log: {self._log.name})")

    def files(self) -> int | None:
        """How many files make will compile, so that progress has an end."""
        status, lines = child.run(["make", "--dry-run"], cwd=self._work, env=self._environment)
        return sum(map(_compiles_file, lines)) or None if status == 0 else None

    def check(self, prefix: Path) -> None:
        """Raises UngilError where the build does not run, or is not what was asked for."""
        executables = of_prefix(prefix)
        if not executables:
            raise UngilError(f"installing {self._recipe.name} left no python (log: {self._log.name})")
        built, _ = describe_one(executables[0])
        if built.error or built.free_threaded != self._recipe.free_threaded:
            why = built.error or "it is not the variant asked for"
            raise UngilError(f"{self._recipe.name} was built but is no use: {why} (log: {self._log.name})")


def _compiles_file(line: str) -> bool:
    return " -c " in line and ".o" in line and not line.lstrip().startswith(("#", "echo"))


def _complaint(lines: Sequence[str]) -> str:
    """The line of a failed build that says most."""
    for pattern in (
        r"No space left on device",
        r"Permission denied",
        r"configure: error:",
        r"error:",
        r"\*\*\*",
        r"\S",
    ):
        for line in reversed(lines) if pattern == r"\S" else lines:
            if re.search(pattern, line):
                return line.strip()[:200]
    return "it said nothing"

"""The environment a program needs on a build: made once through uv, kept in the user's cache, never half-made."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ungil.errors import UngilError
from ungil.pythons import child, editable, folders, uv
from ungil.pythons.build import Build
from ungil.pythons.candidates import is_environment
from ungil.pythons.dependencies import Dependencies, has_settings, local_packages, pyproject

_COMPLETE = ".ungil-complete"
"""Written last: an environment without it is a half-made one."""


@dataclass(frozen=True)
class Environment:
    """Where to run a program."""

    executable: str
    """The environment's python; the build's own where nothing had to be installed."""
    error: str | None = None
    """Why the program's dependencies can't be had on this build, in one line."""


def prepare(
    build: Build, dependencies: Dependencies, on_progress: Callable[[str], None] = lambda what: None
) -> Environment:
    """The environment with what the program needs on this build; ``on_progress`` is told, in a few words, what is done.

    It is taken from the cache where the same build, asked for the same things, would get the same versions; each call
    asks the index for that. The project itself is installed as editable: its own files run, and nothing is written
    beside them.

    A build that is itself a virtual environment is taken to hold what the program needs: only ``--with`` and
    ``--with-requirements`` are then added, in an environment laid over it.
    """
    if build.error is not None:
        return Environment(build.executable, build.error)
    wanted = dependencies.requires_python
    if wanted and build.version and Version(Version(build.version).base_version) not in SpecifierSet(wanted):
        return Environment(build.executable, f"the program requires Python {wanted}, this is {build.version}")
    under = Path(build.executable).parent.parent
    if is_environment(under):
        dependencies = Dependencies(dependencies.requirements, dependencies.files)
    if dependencies.empty:
        return Environment(build.executable)
    try:
        return Environment(str(_Maker(build, dependencies, under, on_progress).environment()))
    except UngilError as error:
        return Environment(build.executable, str(error))
    except OSError as error:
        return Environment(build.executable, f"the environment can't be made: {error.filename}: {error.strerror}")


class _Maker:
    """One environment: what goes in, and putting it in."""

    def __init__(self, build: Build, dependencies: Dependencies, under: Path, progress: Callable[[str], None]) -> None:
        self._build, self._needs, self._progress = build, dependencies, progress
        self._under = under if is_environment(under) else None
        self._project = Path(dependencies.project) if dependencies.project else None
        self._locals = list(local_packages(self._project)) if self._project else []
        self._locked = self._project is not None and (self._project / "uv.lock").is_file()
        directories = [Path(one) for one in dependencies.requirements if os.path.isdir(one)]
        self._named = [one for one in dependencies.requirements if not os.path.isdir(one)]
        self._with_locals = directories
        self._folder = Path()

    def environment(self) -> Path:
        """The environment's python."""
        home = folders.cache() / "environments"
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".resolving-", dir=home) as scratch:
            inputs = self._resolved(Path(scratch))
            self._folder = home / self._key(inputs)
            with _locked(home / f"{self._folder.name}.lock"):
                if not self._is_complete():
                    self._make(inputs)
        return self._folder / "bin" / "python"

    # -- what goes in

    def _resolved(self, scratch: Path) -> list[tuple[str, list[str]]]:
        """Pinned requirements and what to give ``uv pip install`` for them, a pair for each step."""
        self._tell("resolving")
        steps = []
        if self._needs.script and has_settings(self._needs.script):
            # export, not pip: it honours these.
            steps.append(self._exported(scratch / "pylock.script.toml", "--script", self._needs.script))
        if self._project and self._locked:
            arguments = ["--project", str(self._project), "--frozen", "--no-emit-local", "--no-default-groups"]
            steps.append(self._exported(scratch / "pylock.project.toml", *arguments))
        if compiled := self._compiled(scratch):
            steps.append(compiled)
        return steps

    def _exported(self, lock: Path, *arguments: str) -> tuple[str, list[str]]:
        self._uv("export", *arguments, "--format", "pylock.toml", "--no-header", "-o", str(lock), *self._python())
        return lock.read_text(), ["-r", str(lock)]

    def _compiled(self, scratch: Path) -> tuple[str, list[str]] | None:
        files = list(self._needs.files)
        if self._needs.script and not has_settings(self._needs.script):
            files.append(self._needs.script)
        if self._project and not self._locked and pyproject(self._project).get("project", {}).get("dependencies"):
            files.append(str(self._project / "pyproject.toml"))
        if self._named:
            wanted = scratch / "with.txt"
            wanted.write_text("".join(f"{one}\n" for one in self._named))
            files.append(str(wanted))
        if not files:
            return None
        pinned = scratch / "pinned.txt"
        options = ["--no-header", "--no-annotate", "-o", str(pinned), *self._config(), *self._python()]
        # An older version that has a wheel for this build comes before a newest one that would have to be compiled
        # for minutes; without such a version, compiling is tried.
        wheels = ["--only-binary", ":all:"]
        try:
            self._uv("pip", "compile", *files, *options, *wheels)
        except UngilError:
            wheels = []
            self._uv("pip", "compile", *files, *options)
        return pinned.read_text(), [*(argument for file in files for argument in ("-r", file)), *wheels]

    def _key(self, inputs: Sequence[tuple[str, list[str]]]) -> str:
        real = os.path.realpath(self._build.executable)
        facts = os.stat(real)
        about: list[object] = [real, self._build.version, facts.st_size, facts.st_mtime_ns, str(self._under)]
        about += [pins for pins, _ in inputs]
        about += [(str(one), editable.packaging_stamp(one)) for one in [*self._locals, *self._with_locals]]
        digest = hashlib.sha256(repr(about).encode()).hexdigest()[:24]
        return f"{self._build.spec}-{digest}"

    # -- putting it in

    def _is_complete(self) -> bool:
        """Whether it is there, whole, and as its local packages' sources are now."""
        try:
            marker = json.loads((self._folder / _COMPLETE).read_text())
            kept: dict[str, str] = marker["copies"]
            return (self._folder / "bin" / "python").exists() and all(
                editable.stamp(Path(package)) == stamp for package, stamp in kept.items()
            )
        except (OSError, ValueError, KeyError, AttributeError):
            return False

    def _make(self, inputs: Sequence[tuple[str, list[str]]]) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        try:
            self._tell("making the environment")
            self._uv("venv", "--no-project", "--no-config", str(self._folder), *self._python())
            for _, arguments in inputs:
                self._tell("installing")
                self._uv("pip", "install", *arguments, *self._config(), *self._python(self._folder))
            if self._under:
                self._lay_over(self._under)
            copies = self._install_locals()
            (self._folder / _COMPLETE).write_text(json.dumps({"copies": copies}))
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _install_locals(self) -> dict[str, str]:
        copies = {}
        for number, package in enumerate([*self._locals, *self._with_locals]):
            # A project's own dependencies are in already, unless only its build can name them.
            dynamic = "dependencies" in pyproject(package).get("project", {"dynamic": ["dependencies"]}).get(
                "dynamic", ()
            )
            bare = package in self._locals and not dynamic
            self._tell(f"installing {package.name}")

            def build(copy: Path, bare: bool = bare) -> str | None:
                options = [*(["--no-deps"] if bare else []), *self._config(), *self._python(self._folder)]
                try:
                    self._uv("pip", "install", "-e", str(copy), *options)
                except UngilError as failure:
                    return str(failure)
                return None

            stamp = editable.stamp(package)
            error, kept = editable.install(package, self._folder / "copies" / str(number), self._site_packages(), build)
            if error is not None:
                raise UngilError(error.replace(str(self._folder / "copies" / str(number)), str(package)))
            if kept:
                copies[str(package)] = stamp
        return copies

    def _site_packages(self) -> Path:
        return next(self._folder.glob("lib/python3.*/site-packages"))

    def _lay_over(self, environment: Path) -> None:
        """Let the packages of an environment be seen after those of this one, its own .pth files included."""
        for path in environment.glob("lib/python3.*/site-packages"):
            (self._site_packages() / "ungil_under.pth").write_text(f"import site; site.addsitedir({str(path)!r})\n")

    # -- uv

    def _python(self, environment: Path | None = None) -> list[str]:
        python = environment / "bin" / "python" if environment else self._build.executable
        return ["--python", str(python), "--no-python-downloads"]

    def _config(self) -> list[str]:
        """Where uv looks for its own settings: the project's, else those of the working directory as ever."""
        return ["--project", str(self._project)] if self._project else []

    def _tell(self, what: str) -> None:
        self._progress(what)

    def _uv(self, *arguments: str) -> None:
        status, lines = self._run(*arguments)
        if status and re.search(r"error sending request|Failed to fetch|dns error|timed out", "\n".join(lines)):
            # No network: what uv has seen before may be enough.
            offline, _ = self._run(*arguments, "--offline")
            status = offline
        if status:
            raise UngilError(uv.reason(lines))

    def _run(self, *arguments: str) -> tuple[int, list[str]]:
        def told(line: str) -> None:
            if re.match(r"\s{0,4}(Downloading|Building|Built|Prepared|Installed) ", line):
                self._tell(line.strip())

        environment = {**uv.environment(), "GIT_OPTIONAL_LOCKS": "0"}
        command = [uv.executable(), *arguments, "--color", "never"]
        return child.run(command, cwd=Path.cwd(), env=environment, on_line=told)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One maker at a time of one environment; others wait, then find it made."""
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

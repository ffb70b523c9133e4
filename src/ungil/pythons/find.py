"""The interpreter builds of this machine, and the one a spec means."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from ungil.errors import UngilError
from ungil.pythons.build import Build
from ungil.pythons.candidates import NAME, candidates, is_environment, is_shim, of_prefix
from ungil.pythons.describe import OLDEST, describe, describe_one
from ungil.pythons.spec import Spec, parse


@dataclass(frozen=True)
class Survey:
    """What is on this machine."""

    builds: tuple[Build, ...]
    """Newest series first; of a series the default build first, the broken ones last."""
    too_old: tuple[Build, ...] = ()
    """Builds that work but are older than any ungil runs on."""


def survey() -> Survey:
    """Look for builds, and ask each what it is."""
    named: dict[object, tuple[str, str]] = {}
    for executable, found_by in candidates():
        real = os.path.realpath(executable)
        named.setdefault(_identity(real), (real if os.path.exists(real) else executable, found_by))
    builds: dict[object, Build] = {}
    old: dict[object, Build] = {}
    for build, facts in describe(named.values()):
        # A wrapper script's interpreter may be known by its own name already.
        own = os.path.realpath(facts.get("executable") or build.executable)
        kind = old if facts and tuple(facts["release"]) < OLDEST else builds
        kind.setdefault(_identity(own), build)
    return Survey(
        tuple(sorted(builds.values(), key=_listing_order)),
        tuple(sorted(old.values(), key=lambda build: Version(build.version or "0"), reverse=True)),
    )


def find() -> list[Build]:
    """Every interpreter build of this machine, broken ones included (``error`` says why), best first."""
    return list(survey().builds)


def resolve(spec: str) -> Build:
    """The build a spec means: final releases before pre-releases, newest first, then optimised ones first.

    A spec is a version as uv writes it, the name of a python on PATH, or the path of an executable, an
    installation or a virtual environment (whose packages the program then sees).

    Raises:
        UngilError: nothing on this machine satisfies it, or what it names does not work.
    """
    path = _as_path(spec)
    if path is not None:
        return _at(path)
    wanted = parse(spec)
    builds = find()
    meant = [build for build in builds if wanted.matches(build)]
    if meant:
        return min(meant, key=preference)
    broken = next((build for build in builds if build.error and build.spec == wanted.short), None)
    because = f" ({broken.executable}: {broken.error})" if broken else ""
    raise UngilError(f"no Python {spec} on this machine{because}: {_remedy(wanted)}")


def _remedy(wanted: Spec) -> str:
    release = wanted.release or (wanted.exact.release if wanted.exact else ())
    if (release and release[:2] < OLDEST and len(release) > 1) or (
        wanted.free_threaded and release[:2] in ((3, 10), (3, 11), (3, 12))
    ):
        oldest = "3.13, the first free-threaded one" if wanted.free_threaded else "{}.{}".format(*OLDEST)
        return f"ungil needs {oldest}, or newer"
    text = wanted.short
    return f"get it with `ungil pythons install {text if wanted.ranges is None else repr(text)}`"


def _as_path(spec: str) -> str | None:
    if os.sep in spec or spec.startswith("~") or (os.path.exists(spec) and not spec[:1].isdigit()):
        return os.path.abspath(os.path.expanduser(spec))
    if NAME.fullmatch(spec):
        found = shutil.which(spec)
        if found and not is_shim(found):
            return os.path.abspath(found)
    return None


def _at(path: str) -> Build:
    if os.path.isdir(path):
        inside = of_prefix(Path(path))
        if not inside:
            raise UngilError(f"{path} holds no Python: there is no bin/python in it")
        path = inside[0]
    # An environment's python is a link to its build, and must be called by its own name.
    prefix = Path(path).parent.parent
    build, _ = describe_one(path if is_environment(prefix) or is_shim(path) else os.path.realpath(path), "path")
    if build.error is not None:
        raise UngilError(f"{path} is no usable Python: {build.error}")
    return build


def _identity(real: str) -> object:
    """What makes two names one build: the same file under the same installation (hard links included)."""
    try:
        found = os.stat(real)
    except OSError:
        return real
    return os.path.dirname(real), found.st_dev, found.st_ino


def preference(build: Build) -> tuple[object, ...]:
    """Smallest is best. ``find()`` keeps the sources' order for what is alike in all of this."""
    version = Version(build.version or "0")
    # Experimental choices come last: a plain 3.14 is meant by `3.14`.
    unusual = (build.jit == "enabled", build.jit == "available", bool(build.tail_call))
    return (
        version.is_prerelease,
        tuple(-part for part in version.release),
        _later_first(version),
        not build.pgo,
        unusual,
    )


def _later_first(version: Version) -> tuple[object, ...]:
    kind, number = version.pre or ("", 0)
    return (-ord(kind[0]) if kind else 0, -number)


def _listing_order(build: Build) -> tuple[object, ...]:
    if build.version is None:
        return (1, build.spec, build.executable)
    series = Version(build.version).release[:2]
    broken = build.error is not None
    return (
        0,
        tuple(-part for part in series),
        broken,
        bool(build.debug),
        bool(build.free_threaded),
        preference(build),
    )

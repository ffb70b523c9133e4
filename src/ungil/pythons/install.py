"""Get an interpreter build: through uv, else built from the distribution's own source."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from packaging.version import Version

from ungil.errors import UngilError
from ungil.pythons import child, compile, folders, toolchain, uv
from ungil.pythons.build import Build
from ungil.pythons.candidates import of_prefix
from ungil.pythons.debian import source
from ungil.pythons.describe import describe_one
from ungil.pythons.find import find
from ungil.pythons.spec import Spec, parse
from ungil.pythons.step import Progress, Step, silent
from ungil.pythons.toolchain import VARIANTS, Variant

_ROOM_BYTES = 900_000_000
"""What unpacking and building one CPython takes for a while; 250 MB of it stay."""

_SCRATCH = ".building-"


def install(
    spec: str | None = None,
    *,
    pair: bool = False,
    variant: Sequence[str] = (),
    progress: Progress = silent,
) -> list[Build]:
    """The build a spec means, got if it is not here yet; without a spec the best free-threaded one.

    uv is tried first, with the user's mirrors and settings. Where it can't download and the system is Debian-like,
    upstream's source is taken from the distribution's source package and built under the user's data folder.

    Args:
        spec: a version as uv writes it.
        pair: also get the GIL build (or, of a GIL build, the free-threaded one) of the same source with the same flags.
        variant: choices CPython has at build time, of ``toolchain.VARIANTS``.
        progress: told of every step; notes are worth keeping on the screen.

    Raises:
        UngilError: it can't be had; the message says why and what can.
    """
    wanted, variants = _wanted(spec, variant)
    if wanted.ranges is None and len(wanted.release) > 1:
        toolchain.refuse_series(wanted.release[:2], variants)
    here = _already(wanted, variants, pair)
    if here:
        progress(Step("nothing to do: it is here already", note=True))
        return here
    reason = _by_uv(wanted, variants, pair, progress)
    if isinstance(reason, list):
        return reason
    progress(Step(f"uv did not get it ({reason}): building it from the distribution's source", note=True))
    try:
        return _by_source(wanted, spec, variants, pair, progress)
    except UngilError as error:
        raise UngilError(f"{error} (uv: {reason})") from error


def _wanted(spec: str | None, variant: Sequence[str]) -> tuple[Spec, tuple[Variant, ...]]:
    if spec is not None and (os.sep in spec or os.path.exists(spec)):
        raise UngilError(f"{spec} is a path: name the version to install, as 3.14t")
    unknown = [name for name in variant if name not in VARIANTS]
    if unknown:
        raise UngilError(f"unknown variant {unknown[0]!r}: choose of {', '.join(VARIANTS)}")
    wanted = parse(spec or "3t")
    if "free-threaded" in variant:
        wanted = replace(wanted, free_threaded=True)
    chosen = set(variant) | ({"free-threaded"} if wanted.free_threaded else set())
    return wanted, tuple(name for name in VARIANTS if name in chosen)


def _already(wanted: Spec, variants: Sequence[Variant], pair: bool) -> list[Build]:
    """What of this machine satisfies the whole request, if anything does."""
    builds = find()
    for build in builds:
        if wanted.matches(build) and has(build, variants):
            if not pair:
                return [build]
            for other in builds:
                if is_pair(build, other):
                    return [build, other]
    return []


def has(build: Build, variants: Sequence[Variant]) -> bool:
    """Whether a build is all of these variants."""
    answers = {
        "free-threaded": build.free_threaded,
        "tail-call": build.tail_call,
        "jit": build.jit in ("available", "enabled"),
        "optimised": build.pgo and build.lto,
    }
    return all(answers[name] for name in variants)


def is_pair(one: Build, other: Build) -> bool:
    """Whether two builds differ in the GIL and nothing else that either tells."""

    def rest(build: Build) -> tuple[object, ...]:
        tells = (build.tail_call, build.debug, build.pgo, build.lto, build.compiler, build.flags)
        return (build.version, build.error, build.jit == "enabled", *tells)

    return rest(one) == rest(other) and one.free_threaded != other.free_threaded


# -- uv --------------------------------------------------------------------------------------------------------------


def _by_uv(wanted: Spec, variants: Sequence[Variant], pair: bool, progress: Progress) -> list[Build] | str:
    """What uv installed, or why that is not what was asked for."""
    reason = _uv_install(_for_uv(wanted), progress)
    if reason is not None:
        return reason
    matching = [build for build in find() if build.found_by == "uv" and wanted.matches(build)]
    builds = [build for build in matching if has(build, variants)]
    if not builds:
        return f"its builds are not {' and '.join(variants)}"
    if not pair:
        return builds[:1]
    other = f"{builds[0].version}{'' if builds[0].free_threaded else '+freethreaded'}"
    reason = _uv_install(other, progress)
    if reason is not None:
        return reason
    pairs = [
        build
        for build in find()
        if build.found_by == "uv"
        and build.version == builds[0].version
        and build.free_threaded != builds[0].free_threaded
        and build.debug == builds[0].debug
    ]
    return [builds[0], pairs[0]] if pairs else "it has no pair of them"


def _for_uv(wanted: Spec) -> str:
    # Where no version was named, the series ungil is about.
    if not wanted.release[1:] and wanted.ranges is None and wanted.exact is None:
        return "{}.{}".format(*source.PREFERRED) + "t" * wanted.free_threaded
    return wanted.short


def _uv_install(request: str, progress: Progress) -> str | None:
    """None when uv has installed it, else its reason in a few words."""
    try:
        executable = uv.executable()
    except UngilError as error:
        return str(error)

    def told(line: str) -> None:
        if re.match(r"\s*(Download|Install)(ing|ed)\b", line):
            progress(Step(f"uv: {line.strip()}"))

    progress(Step(f"asking uv for Python {request}"))
    # --no-bin: ungil finds it where uv keeps it, and the user's ~/.local/bin is theirs.
    status, lines = child.run(
        [executable, "python", "install", "--no-bin", "--color", "never", request],
        cwd=Path.cwd(),
        env=uv.environment(),
        on_line=told,
    )
    return None if status == 0 else uv.reason(lines)


# -- the distribution's source ---------------------------------------------------------------------------------------


def _by_source(
    wanted: Spec, spec: str | None, variants: tuple[Variant, ...], pair: bool, progress: Progress
) -> list[Build]:
    tools = toolchain.toolchain(variants)
    if wanted.ranges is None and len(wanted.release) > 1:
        toolchain.refuse(wanted.release[:2], variants)
    home = folders.pythons()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_one_line_errors(home))
        stack.enter_context(_sole_installer(home, progress))
        stack.enter_context(_stopped_as_by_ctrl_c())
        scratch = stack.enter_context(_scratch(home))
        log = stack.enter_context(_log(spec or "newest"))
        offer, tarball = source.fetch(
            wanted.admits,
            free_threaded=wanted.free_threaded,
            named=len(wanted.release) > 1 or wanted.ranges is not None or wanted.exact is not None,
            wanted=wanted.short,
            folder=scratch,
            log=log,
            progress=progress,
        )
        progress(Step(f"unpacking {tarball.name}"))
        tree = compile.unpack(tarball, scratch / "source")
        toolchain.refuse(offer.series, variants, tree)
        if tools.without:
            modules, packages = zip(*tools.without, strict=True)
            progress(Step(f"without {', '.join(modules)} (to have them: apt install {' '.join(packages)})", note=True))
        return [
            _build(offer.version, chosen, wanted.debug, tools.compiler, tree, scratch, log, progress)
            for chosen in ([variants, _other(variants)] if pair else [variants])
        ]


def _other(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """The same choices with the GIL where it was without, and the other way round."""
    return tuple(name for name in VARIANTS if (name in variants) != (name == "free-threaded"))


def _build(
    version: Version,
    variants: tuple[Variant, ...],
    debug: bool,
    compiler: Sequence[str],
    tree: Path,
    scratch: Path,
    log: IO[str],
    progress: Progress,
) -> Build:
    free_threaded = "free-threaded" in variants
    label = f"{version}{'t' * free_threaded}{'d' * debug}"
    others = [name for name in variants if name != "free-threaded"]
    prefix = folders.pythons() / "-".join(["cpython", label, *others, "debian"])
    standing = of_prefix(prefix)
    if standing:
        built, _ = describe_one(standing[0], "ungil")
        if built.error is None and has(built, variants):
            return built
    _require_room(folders.pythons())
    recipe = compile.Recipe(
        name=" ".join([f"Python {label}", *others]),
        prefix=prefix,
        compiler=compiler,
        arguments=toolchain.arguments(variants, debug=debug),
        free_threaded=free_threaded,
    )
    compile.build(recipe, tree, scratch / prefix.name, log, progress)
    built, _ = describe_one(os.path.realpath(of_prefix(prefix)[0]), "ungil")
    return built


def _require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _ROOM_BYTES:
        raise UngilError(
            f"{folder} has {free / 1e6:.0f} MB left, building Python takes {_ROOM_BYTES / 1e6:.0f} MB: make room, "
            "or name another place in XDG_DATA_HOME"
        )


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
        compile.remove(left)
    folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=home))
    try:
        yield folder
    finally:
        compile.remove(folder)


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

"""Get an interpreter build: through uv, else built from the distribution's own source."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from ungil.errors import UngilError
from ungil.pythons import download, from_source, toolchain
from ungil.pythons.build import Build
from ungil.pythons.find import find, preference
from ungil.pythons.spec import Spec, parse
from ungil.pythons.step import Progress, Step, silent
from ungil.pythons.toolchain import VARIANTS, Variant, has, twin


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
    kinds = [variants, twin(variants)] if pair else [variants]
    if wanted.series is not None:
        for kind in kinds:
            toolchain.refuse_series(wanted.series, kind)
    here = _already(wanted, variants, pair)
    if here:
        progress(Step("nothing to do: it is here already", note=True))
        return here
    reason = download.download(wanted, variants, pair, progress)
    if isinstance(reason, list):
        return reason
    progress(Step(f"uv did not get it ({reason}): building it from the distribution's source", note=True))
    try:
        return from_source.build(wanted, kinds, progress)
    except UngilError as error:
        raise UngilError(f"{error} (uv: {reason})") from error


def _wanted(spec: str | None, variant: Sequence[str]) -> tuple[Spec, tuple[Variant, ...]]:
    if spec is not None and os.sep in spec:
        raise UngilError(f"{spec} is a path: name the version to install, as 3.14t")
    unknown = [name for name in variant if name not in VARIANTS]
    if unknown:
        raise UngilError(f"unknown variant {unknown[0]!r}: choose of {', '.join(VARIANTS)}")
    # Before 3.15 the JIT excludes free-threading, so who names it alone means a build with the GIL.
    wanted = parse(spec or ("3" if "jit" in variant else "3t"))
    if "free-threaded" in variant:
        wanted = replace(wanted, free_threaded=True)
    chosen = set(variant) | ({"free-threaded"} if wanted.free_threaded else set())
    return wanted, tuple(name for name in VARIANTS if name in chosen)


def _already(wanted: Spec, variants: Sequence[Variant], pair: bool) -> list[Build]:
    """What of this machine satisfies the whole request, if anything does."""
    builds = sorted(find(), key=preference)
    for build in builds:
        if wanted.matches(build) and has(build, variants):
            if not pair:
                return [build]
            for other in builds:
                if is_pair(build, other):
                    return [build, other]
    return []


def is_pair(one: Build, other: Build) -> bool:
    """Whether two builds differ in the GIL and nothing else that either tells."""

    def rest(build: Build) -> tuple[object, ...]:
        tells = (build.tail_call, build.debug, build.pgo, build.lto, build.compiler, build.flags)
        return (build.version, build.error, build.jit == "enabled", *tells)

    return rest(one) == rest(other) and one.free_threaded != other.free_threaded

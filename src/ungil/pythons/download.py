"""An interpreter build that uv downloads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ungil.errors import UngilError
from ungil.pythons import child, uv
from ungil.pythons.build import Build
from ungil.pythons.find import find
from ungil.pythons.spec import PREFERRED, Spec
from ungil.pythons.step import Progress, Step
from ungil.pythons.toolchain import Variant, has


def download(wanted: Spec, variants: Sequence[Variant], pair: bool, progress: Progress) -> list[Build] | str:
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
    if not wanted.named:
        return "{}.{}".format(*PREFERRED) + "t" * wanted.free_threaded
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

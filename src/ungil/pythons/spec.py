"""Which build is meant: ``3.14``, ``3.14t``, ``>=3.12,<3.14``, as uv writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from ungil.errors import UngilError
from ungil.pythons.build import Build

PREFERRED = (3, 14)
"""The series got where the user names none: the one ungil is about."""

_VARIANTS = {
    "": (False, False),
    "gil": (False, False),
    "t": (True, False),
    "freethreaded": (True, False),
    "free-threaded": (True, False),
    "d": (False, True),
    "debug": (False, True),
    "td": (True, True),
    "freethreaded+debug": (True, True),
}


@dataclass(frozen=True)
class Spec:
    """A choice among builds. Without a variant the default build is meant: with the GIL, without debug."""

    text: str
    release: tuple[int, ...]
    """The version, as far as it was given; empty for any."""
    exact: Version | None
    """A pre-release that was named in full."""
    ranges: SpecifierSet | None
    free_threaded: bool
    debug: bool

    def matches(self, build: Build) -> bool:
        """Whether a working build is one of those meant."""
        if build.error is not None or build.version is None:
            return False
        if (build.free_threaded, build.debug) != (self.free_threaded, self.debug):
            return False
        return self.admits(Version(build.version))

    def admits(self, version: Version) -> bool:
        """Whether a version is one of those meant, whatever the variant."""
        if self.exact is not None:
            return version == self.exact
        if self.ranges is not None:
            # As uv does: 3.15.0rc1 counts as a 3.15, else `>=3.15` would leave out all there is of it.
            return Version(version.base_version) in self.ranges
        return version.release[: len(self.release)] == self.release

    @property
    def named(self) -> bool:
        """Whether it says more than Python 3."""
        return len(self.release) > 1 or self.ranges is not None or self.exact is not None

    @property
    def series(self) -> tuple[int, ...] | None:
        """``(3, 14)``; None where it leaves that open."""
        release = self.exact.release if self.exact is not None else self.release
        return release[:2] if len(release) > 1 else None

    @property
    def short(self) -> str:
        """The same as uv takes it, in its shortest form: to be typed after `ungil pythons install`."""
        suffix = "t" * self.free_threaded + "d" * self.debug
        if self.ranges is not None:
            variant = {"": "", "t": "+freethreaded", "d": "+debug", "td": "+freethreaded+debug"}[suffix]
            return str(self.ranges) + variant
        version = str(self.exact) if self.exact is not None else ".".join(map(str, self.release)) or "3"
        return version + suffix


def parse(text: str) -> Spec:
    """The spec a text stands for; a path is none (see :func:`ungil.pythons.resolve`).

    Raises:
        UngilError: it is not one.
    """
    rest = re.sub(r"^(cpython|cp|python)[@-]?(?=\d|[<>=~!]|$)", "", text.strip().lower())
    # What ends a key such as cpython-3.14.0+freethreaded-linux-x86_64-gnu is this machine.
    rest = re.sub(r"-(linux|macos|windows)-.*$", "", rest)
    rest = {"t": "3t", "freethreaded": "3t", "free-threaded": "3t"}.get(rest, rest)
    match = re.fullmatch(r"(?P<version>.*?)(?:\+(?P<long>[a-z+-]+)|(?<=\d)(?P<short>td|t|d))?", rest)
    variant = (match["long"] or match["short"] or "") if match else ""
    if match is None or variant not in _VARIANTS or not match["version"]:
        raise _bad(text)
    version, (free_threaded, debug) = match["version"], _VARIANTS[variant]
    if re.fullmatch(r"\d+(\.\d+){0,2}", version):
        release = tuple(map(int, version.split(".")))
        if len(release) == 1 and release[0] >= 30:  # cp314, python314
            release = (int(version[0]), int(version[1:]))
        return Spec(text, release, None, None, free_threaded, debug)
    try:
        if version[0].isdigit():
            return Spec(text, (), Version(version), None, free_threaded, debug)
        return Spec(text, (), None, SpecifierSet(version), free_threaded, debug)
    except (InvalidVersion, InvalidSpecifier):
        raise _bad(text) from None


def _bad(text: str) -> UngilError:
    return UngilError(
        f"{text!r} names no interpreter build: write 3.14, 3.14t, 3.14.7, '>=3.12,<3.14' or a python's path"
    )

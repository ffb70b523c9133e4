"""What every test may use: the interpreter builds of this machine, found as a user's ungil finds them."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from ungil import pythons


@functools.cache
def pythons_found() -> dict[str, str]:
    """Spec to executable of every working interpreter build, the first one found of each spec."""
    builds: dict[str, str] = {}
    for build in pythons.find():
        if build.error is None:
            builds.setdefault(build.spec, build.executable)
    return builds


@pytest.fixture(scope="session")
def need() -> Callable[[str], str]:
    """``need("3.14t")`` is that build's executable; the test is skipped, saying why, where there is none."""

    def executable(spec: str) -> str:
        if spec not in pythons_found():
            pytest.skip(f"needs the interpreter build {spec}, which is not on this machine")
        return pythons_found()[spec]

    return executable

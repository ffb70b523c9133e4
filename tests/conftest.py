"""What every test may use: the interpreter builds of this machine, found as a user's ungil finds them."""

from __future__ import annotations

import functools
import importlib
import os
import subprocess
from collections.abc import Callable
from typing import NamedTuple

import pytest

from ungil import pythons

EXHAUSTIVE = os.environ.get("UNGIL_TESTS") == "exhaustive"


@functools.cache
def pythons_found() -> dict[str, str]:
    """Spec to executable of every working interpreter build, the first one found of each spec."""
    builds: dict[str, str] = {}
    for build in pythons.find():
        if build.error is None:
            builds.setdefault(build.spec, build.executable)
    return builds


@pytest.fixture(scope="session")
def package_index() -> None:
    """Skips the test where uv reaches no package index."""
    uv = importlib.import_module("uv").find_uv_bin()
    found = subprocess.run(
        [uv, "pip", "compile", "--quiet", "-"], input="six\n", capture_output=True, text=True, timeout=60, check=False
    )
    if found.returncode != 0:
        pytest.skip(f"needs a package index: {found.stderr.strip()[-200:]}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("exhaustive") and not EXHAUSTIVE:
            item.add_marker(pytest.mark.skip("takes minutes: set UNGIL_TESTS=exhaustive"))
        if item.get_closest_marker("network"):
            item.fixturenames.append("package_index")  # type: ignore[attr-defined]  # of test functions, which all are


@pytest.fixture(scope="session")
def need() -> Callable[[str], str]:
    """``need("3.14t")`` is that build's executable; the test is skipped, saying why, where there is none."""

    def executable(spec: str) -> str:
        if spec not in pythons_found():
            pytest.skip(f"needs the interpreter build {spec}, which is not on this machine")
        return pythons_found()[spec]

    return executable


class Pair(NamedTuple):
    """A build with the GIL and its free-threaded twin."""

    gil: str
    free: str
    """Their specs, as reports name them."""
    options: tuple[str, ...]
    """What has ``ungil trial`` take these two."""


@pytest.fixture(scope="session")
def pair(need: Callable[[str], str]) -> Pair:
    """3.14 and 3.14t or, where there is no 3.14t, 3.13 and 3.13t."""
    series = "3.14" if "3.14t" in pythons_found() else "3.13"
    return Pair(series, f"{series}t", ("--python", need(series), "--python", need(f"{series}t")))

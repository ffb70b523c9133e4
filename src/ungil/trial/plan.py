"""Which runtimes a program is tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from packaging.version import Version

from ungil import pythons
from ungil.errors import UngilError
from ungil.launch import Run
from ungil.pythons import Build
from ungil.substitute.settings import Model, Settings
from ungil.trial.request import Request


@dataclass(frozen=True)
class Runtime:
    """One interpreter build x one model x a number of workers, and what else sets a row apart."""

    build: Build
    model: Model
    workers: int | None = None
    initializer: Literal["each", "once"] = "each"
    gil: Literal["default", "off"] = "default"

    @property
    def settings(self) -> Settings:
        return Settings(self.model, self.workers, self.initializer)

    @property
    def unavailable(self) -> str | None:
        """Why this build cannot have this model, whatever the program."""
        if self.model == "interpreters" and not self.build.interpreters:
            return "concurrent interpreters came with Python 3.14"
        return None

    @property
    def variant(self) -> str | None:
        parts = []
        if self.workers is not None:
            parts.append(f"{self.workers} worker{'s' if self.workers > 1 else ''}")
        if self.initializer == "once":
            parts.append("initializer once")
        if self.gil == "off":
            parts.append("GIL off")
        return ", ".join(parts) or None

    @property
    def label(self) -> str:
        return f"{self.build.spec} {self.model}" + (f" ({self.variant})" if self.variant else "")


def choose_builds(specs: Sequence[str]) -> tuple[list[Build], list[str]]:
    """The builds to try, the one of *today* first, and notes on what was left out.

    Without specs: the newest series that has a free-threaded build, with its GIL build, so that the two differ in
    nothing but the GIL; where that series has no GIL build, the newest GIL build there is.

    Raises:
        UngilError: a spec nothing satisfies, or no working build at all.
    """
    working = [build for build in pythons.find() if build.error is None and build.version is not None]
    if not working:
        raise UngilError("found no Python to run the program on; 'ungil pythons install' gets one")
    if "all" in specs:
        return _today_first(_best_of_each_spec(working)), []
    if specs:
        return _today_first(list({build.executable: build for build in map(pythons.resolve, specs)}.values())), []
    best = _best_of_each_spec(working)
    free = max((build for build in best if build.free_threaded), key=_newness, default=None)
    with_gil = [build for build in best if not build.free_threaded]
    twin = [build for build in with_gil if free and _series(build) == _series(free)]
    today = max(twin or with_gil, key=_newness, default=None)
    chosen = [build for build in (today, free) if build is not None]
    return chosen, _left_out(best, chosen) + _missing(chosen)


def runtimes(builds: Sequence[Build], request: Request) -> list[Runtime]:
    """A row for each: the program as it is first, on the first build: *today*."""
    found = []
    for build in builds:
        for model in request.models:
            wide = request.workers if model in ("threads", "interpreters", "processes") else ()
            for workers in wide or (None,):
                found.append(Runtime(build, model, workers))
        if request.gil_off and build.free_threaded:
            for model in request.models:
                if model in ("as-is", "threads"):
                    found.append(Runtime(build, model, gil="off"))
    today = Runtime(builds[0], "as-is")
    return [today, *(runtime for runtime in found if runtime != today)]


def after_first_run(planned: Sequence[Runtime], today: Run) -> tuple[list[Runtime], list[str]]:
    """The plan once it is known which pools the program opens.

    One that opens none has nothing to replace; one whose pool has an initializer gets a row in which it runs once,
    beside each row in which it runs in every worker.
    """
    if not today.pools:
        kept = [runtime for runtime in planned if runtime.model == "as-is"]
        return kept, ["The program opens no pool and starts no worker process: there is nothing to replace."]
    if not any(pool.initializer for pool in today.pools):
        return list(planned), []
    plan = []
    for runtime in planned:
        plan.append(runtime)
        if runtime.model == "threads":
            plan.append(replace(runtime, initializer="once"))
    return plan, []


def _best_of_each_spec(builds: Sequence[Build]) -> list[Build]:
    best: dict[str, Build] = {}
    for build in builds:
        if build.debug:
            continue
        if build.spec not in best or _newness(build) > _newness(best[build.spec]):
            best[build.spec] = build
    return sorted(best.values(), key=_newness, reverse=True)


def _today_first(builds: list[Build]) -> list[Build]:
    """The GIL build of the newest series that also has a free-threaded one here, else the newest GIL build."""
    series = {_series(build) for build in builds if build.free_threaded}
    with_gil = [build for build in builds if not build.free_threaded]
    if not with_gil:
        return builds
    today = max(with_gil, key=lambda build: (_series(build) in series, _newness(build)))
    return [today, *(build for build in builds if build is not today)]


def _newness(build: Build) -> tuple[bool, Version]:
    """A finished release before any pre-release."""
    version = Version(build.version or "0")
    return (not version.is_prerelease, version)


def _series(build: Build) -> tuple[int, ...]:
    return Version(build.version or "0").release[:2]


def _left_out(best: Sequence[Build], chosen: Sequence[Build]) -> list[str]:
    others = [build.spec for build in best if build not in chosen]
    if not others:
        return []
    return [f"Also on this machine: {', '.join(others)} (add with --python SPEC, or --python all)."]


def _missing(chosen: Sequence[Build]) -> list[str]:
    notes = []
    if not any(build.free_threaded for build in chosen):
        notes.append("No free-threaded build on this machine: 'ungil pythons install 3.14t' gets one.")
    if all(build.free_threaded for build in chosen):
        notes.append("No build with the GIL on this machine: 'ungil pythons install 3.14' gets one.")
    return notes

"""The command to type next."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ungil.pythons import Build
from ungil.trial.request import Request
from ungil.trial.result import Row


@dataclass(frozen=True)
class Command:
    """How the trial was called, as far as another call of ungil has to repeat it."""

    argv: Sequence[str]
    """The program's own command line."""
    options: Sequence[str] = ()
    """What gives the program its dependencies."""
    pythons: Mapping[str, str] = field(default_factory=dict)
    """Spec of a build to what finds it, where that is not the spec itself."""

    def run(self, row: Row) -> str:
        """``ungil run`` on the runtime of a row."""
        variant = row.variant or ""
        words = ["run", "--python", self.pythons.get(row.build, row.build), "--model", row.model]
        if "worker" in variant:
            words += ["--workers", variant.split()[0]]
        if "initializer once" in variant:
            words += ["--initializer", "once"]
        if "GIL off" in variant:
            words += ["--gil", "off"]
        return self._line(*words)

    def trial(self, *options: str) -> str:
        """``ungil trial`` once more, with other options."""
        return self._line("trial", *options)

    def _line(self, *words: str) -> str:
        return shlex.join(["ungil", *words, *self.options, *self.argv])


def command_of(request: Request, builds: Sequence[Build], argv: Sequence[str]) -> Command:
    """The command of a request that chose these builds."""
    options = [word for name in request.with_ for word in ("--with", name)]
    options += [word for name in request.with_requirements for word in ("--with-requirements", name)]
    options += [] if request.project else ["--no-project"]
    by_path = any(os.sep in spec for spec in request.pythons)
    return Command(argv, options, {build.spec: build.executable for build in builds} if by_path else {})

"""From what was found to what is shown: paths as the user would type them, source lines, fingerprints."""

from __future__ import annotations

import shlex
from dataclasses import replace

from ungil.finding import Finding, Frame, Place, Step, fingerprint, relative, with_source
from ungil.race.result import Race


def settled(race: Race, folder: str) -> Race:
    """``race`` with all that reports need: they read no file and know no working directory.

    Paths inside ``folder`` become relative to it; source lines and fingerprints that are missing are put in.
    """
    return replace(
        race,
        cwd=folder,
        program=replace(race.program, command=shlex.join(race.argv)),
        findings=tuple(_settled(finding, folder) for finding in race.findings),
        notes=tuple(_settled(finding, folder) for finding in race.notes),
    )


def _settled(finding: Finding, folder: str) -> Finding:
    with_lines = replace(
        finding,
        places=tuple(place if place.snippet is not None else with_source(place) for place in finding.places),
    )
    subject = finding.subject
    if subject is not None and subject.made_at is not None:
        subject = replace(subject, made_at=_frame(subject.made_at, folder))
    return replace(
        with_lines,
        places=tuple(_place(place, folder) for place in with_lines.places),
        steps=tuple(_step(step, folder) for step in finding.steps),
        subject=subject,
        fingerprint=finding.fingerprint or fingerprint(with_lines, folder),
    )


def _place(place: Place, folder: str) -> Place:
    return replace(place, path=_shown(place.path, folder), stack=tuple(_frame(frame, folder) for frame in place.stack))


def _step(step: Step, folder: str) -> Step:
    return step if step.path is None else replace(step, path=_shown(step.path, folder))


def _frame(frame: Frame, folder: str) -> Frame:
    return replace(frame, path=_shown(frame.path, folder))


def _shown(path: str, folder: str) -> str:
    # <string>, <frozen importlib._bootstrap>, …
    return path if path.startswith("<") else relative(path, folder)

"""Saved schedules: what a run was asked to do, so that it can be asked again."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

from ungil.errors import UngilError
from ungil.finding import Finding
from ungil.race.candidates import Seen
from ungil.race.request import RaceRequest

_SCHEMA = 1
_ONE, _SEVERAL = ("first", "act"), ("remotes", "sites")
"""Where a plan has numbers of sites: of the process it was made in, so what is saved says which sites they were."""


def save(folder: str, finding: Finding, plan: dict[str, Any], seen: Seen, request: RaceRequest) -> str:
    """Write the schedule that showed a finding; returns the file's path.

    Raises:
        UngilError: it cannot be written.
    """
    numbers = {plan[name] for name in _ONE if name in plan}
    for name in _SEVERAL:
        numbers.update(plan.get(name) or ())
    document = {
        "schema": _SCHEMA,
        "tool": "ungil",
        "kind": "schedule",
        "program": shlex.join(request.program.argv),
        "build": request.build,
        "code": finding.code,
        "fingerprint": finding.fingerprint,
        "plan": plan,
        "sites": {str(number): _identity(seen, number) for number in sorted(numbers) if number in seen.sites},
    }
    path = Path(folder, f"{finding.code}-{finding.fingerprint[:8]}.json")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n")
    except OSError as error:
        raise UngilError(f"cannot save the schedule to {path}: {error.strerror}") from error
    return str(path)


def command(path: str, request: RaceRequest) -> list[str]:
    """The command line that runs it again."""
    module = ["-m"] if request.program.module else []
    return ["ungil", "race", "--python", request.build, "--replay", path, *module, *request.program.argv]


def read(path: str) -> dict[str, Any]:
    """A saved schedule.

    Raises:
        UngilError: there is none in this file.
    """
    try:
        document: dict[str, Any] = json.loads(Path(path).read_text())
        if document["schema"] != _SCHEMA:
            raise UngilError(f"{path} has schema {document['schema']}, this ungil reads {_SCHEMA}")
        if document["kind"] != "schedule" or not isinstance(document["plan"], dict):
            raise ValueError
    except OSError as error:
        raise UngilError(f"cannot read the schedule {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UngilError(f"{path} is not a schedule that ungil race has saved") from error
    return document


def renumbered(document: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """Its plan, with the numbers that the sites have in this process.

    Raises:
        UngilError: the program is another one, or has been changed.
    """
    now = {tuple(_identity(seen, number)): number for number in seen.sites}
    numbers: dict[int, int] = {}
    for number, identity in document["sites"].items():
        if tuple(identity) not in now:
            path, line = identity[0], identity[1]
            raise UngilError(f"the schedule was saved of another program: {os.path.basename(path)}:{line} has changed")
        numbers[int(number)] = now[tuple(identity)]
    plan = dict(document["plan"])
    for name in _ONE:
        if name in plan:
            plan[name] = numbers[plan[name]]
    for name in _SEVERAL:
        if plan.get(name):
            plan[name] = sorted(numbers[each] for each in plan[name] if each in numbers)
    return plan


def _identity(seen: Seen, number: int) -> list[Any]:
    site = seen.sites[number]
    return [site.path, site.line, site.column, site.op, site.name]

"""How often a saved schedule shows its finding again.

For each buggy program of the corpus: it is explored with a small budget, and the schedule of its first confirmed
finding, one on a marked line where there is one, is run again and again. A replay counts when it shows something, and
the same finding is among what all of them together have shown.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import corpus
from detection import Conditions, programs, request
from shown import columns

from ungil.errors import UngilError
from ungil.finding import Finding
from ungil.race.explore import find


@dataclass(frozen=True)
class Replayed:
    program: str
    finding: str
    """Empty where none was confirmed."""
    strategy: str
    shown: int
    tried: int
    reason: str
    """Why it was not replayed, or what was wrong with it."""
    wall_s: float


def measure(conditions: Conditions, times: int, chosen: list[str], tell: Callable[[str], None]) -> list[Replayed]:
    replayed = []
    for program in programs("buggy", conditions, chosen):
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = _replay(program, conditions, times, folder)
            except UngilError as error:
                found = Replayed(program.path.stem, "", "", 0, 0, str(error), 0)
        replayed.append(replace(found, wall_s=time.monotonic() - began))
        tell(_line(replayed[-1]))
    return replayed


def _replay(program: corpus.Program, conditions: Conditions, times: int, folder: str) -> Replayed:
    name = program.path.stem
    asked = request(program, conditions, check=False)
    race = find(replace(asked, save=folder), lambda _: None)
    saved = [each for each in race.findings if each.status == "confirmed" and "replay" in each.evidence]
    if not saved:
        return Replayed(name, "", "", 0, 0, "no confirmed finding with a schedule", 0)
    finding = min(saved, key=lambda each: not {place.line for place in each.places} & program.lines)
    path = str(finding.evidence["replay"])
    again = find(replace(asked, replay=path, runs=times), lambda _: None)
    shown = [each for each in again.findings if _identity(each) == _identity(finding)]
    evidence = again.findings[0].evidence if again.findings else {}
    return Replayed(
        name,
        f"{finding.code} at {Path(finding.places[0].path).name}:{finding.places[0].line}" if finding.places else "",
        str(finding.evidence.get("strategy", "")),
        int(evidence.get("shown", 0)) if shown else 0,
        times,
        "" if shown else "showed " + (", ".join(each.code for each in again.findings) or "nothing"),
        0,
    )


def _identity(finding: Finding) -> tuple[object, ...]:
    return finding.code, sorted({(place.path, place.line) for place in finding.places[:2]})


def _line(replayed: Replayed) -> str:
    told = f"{replayed.finding}, {replayed.strategy}: {replayed.shown} of {replayed.tried}" if replayed.finding else ""
    return f"  {replayed.program}: {'; '.join(filter(None, (told, replayed.reason)))} ({replayed.wall_s:.0f} s)"


def summary(replayed: list[Replayed]) -> str:
    cells = [["", "programs", "replays", "showed it"]]
    done = [each for each in replayed if each.tried]
    for strategy in sorted({each.strategy for each in done}):
        cells.append(_cells(strategy, [each for each in done if each.strategy == strategy]))
    cells.append(_cells("all", done))
    missing = len(replayed) - len(done)
    return "\n".join([*columns(cells, (12, 8, 8, 16), left=(0,)), f"  {missing} without a schedule to replay"])


def _cells(name: str, some: list[Replayed]) -> list[str]:
    tried, shown = sum(each.tried for each in some), sum(each.shown for each in some)
    share = f" ({shown / tried:.1%})" if tried else ""
    return [name, str(len(some)), str(tried), f"{shown}{share}"]

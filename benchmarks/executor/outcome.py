"""What measuring one case gave: its samples, and the figures made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from case import Case

from ungil.trial.figures import ratios
from ungil.trial.result import Figure


@dataclass
class Row:
    """Samples are of one item (call, task, …), one a round."""

    name: str
    against: str = ""
    items: int = 0
    note: str = ""
    reason: str = ""
    """Why it takes no part; empty where it does."""
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)


@dataclass
class Outcome:
    build: str
    version: str
    case: str
    workers: tuple[int, ...]
    rows: list[Row]
    gil_enabled: bool = True
    """At the end: what a peer brings along may have turned it back on."""

    def ratios(self, row: Row) -> tuple[Figure, Figure] | None:
        """CPU and wall time over those of the row it is set against."""
        base = next((other for other in self.rows if other.name == row.against and not other.reason), None)
        if base is None or row.reason:
            return None
        return ratios(row.cpu_s, base.cpu_s), ratios(row.wall_s, base.wall_s)

    def efficiencies(self, row: Row, longest: float, cores: int) -> tuple[Figure, Figure] | None:
        """Ideal over actual CPU and wall time.

        The ideal CPU time is what the tasks took alone on one thread in the same round. The ideal wall time is that
        over the workers or cores, whichever are fewer, or the longest task's, whichever is more.
        """
        alone = self.rows[0]
        if alone.reason or row.reason:
            return None
        share = max(1 / min(self.workers[0], cores), longest)
        return ratios(alone.cpu_s, row.cpu_s), ratios([cpu * share for cpu in alone.cpu_s], row.wall_s)


def outcome(build: str, version: str, case: Case, workers: Sequence[int], events: list[dict[str, Any]]) -> Outcome:
    """From what the measured interpreter told, in order."""
    rows: dict[str, Row] = {}
    result = Outcome(build, version, case.name, tuple(workers), [])
    for event in events:
        if "begin" in event:
            rows.setdefault(event["begin"], Row(event["begin"]))
        elif "ready" in event:
            row = rows[event["ready"]]
            row.items, row.note, row.against = event["items"], event["note"], event["against"]
        elif "out" in event:
            rows.setdefault(event["out"], Row(event["out"])).reason = event["reason"]
        elif "sample" in event:
            row = rows[event["sample"]]
            row.wall_s.append(event["wall_s"] / row.items)
            row.cpu_s.append(event["cpu_s"] / row.items)
        elif "done" in event:
            result.gil_enabled = event["gil_enabled"]
    result.rows = list(rows.values())
    return result

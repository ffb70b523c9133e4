"""How many schedules of two threads of two increments are run in a CPU-second.

Ungil runs the program anew for each, in a process of its own: the CPU time is that of the server, of the program's
processes and of the process that asks for them. The peers call a function again and again in one process.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from child import FRONTRUN, PROGRAMS, UNDER, OutError, told
from clock import timed
from shown import columns, spread

from ungil.launch import Program
from ungil.race.core import core
from ungil.race.runner import Runner
from ungil.trial.figures import figure

_PROGRAM = str(PROGRAMS / "increments.py")
_BATCH = 20
"""Runs between two looks at the clock."""
PEERS = {
    "interleave-test, random": ("interleave-test", "random"),
    "interleave-test, pct": ("interleave-test", "pct"),
    "frontrun, random": ("frontrun", "random"),
    "frontrun, dpor": ("frontrun", "dpor"),
}


@dataclass
class Rate:
    name: str
    per_cpu_s: list[float] = field(default_factory=list)
    """One a round."""
    reason: str = ""


def measure(python: str, peers: Path | None, rounds: int, seconds: float) -> list[Rate]:
    """Every contestant in turn, ``seconds`` of CPU time each a round."""
    compiled, _ = core(python)
    libraries = {"C": compiled, "Python": None} if compiled else {"Python": None}
    takes: dict[str, Callable[[], float]] = {}
    for (letter, library), policy in itertools.product(libraries.items(), ("random", "pct")):
        takes[f"ungil, {policy}, {letter}"] = _ungil(python, library, policy, seconds)
    for name, (peer, strategy) in PEERS.items():
        takes[name] = _peer(python, peers, peer, strategy, seconds)
    rates = {name: Rate(name) for name in takes}
    for number in range(rounds):
        names = [name for name in takes if not rates[name].reason]
        first = number % len(names) if names else 0
        for name in names[first:] + names[:first]:
            _attempt(rates[name], takes[name])
    return list(rates.values())


def _attempt(rate: Rate, take: Callable[[], float]) -> None:
    try:
        rate.per_cpu_s.append(take())
    except OutError as error:
        rate.reason = str(error)


def _ungil(python: str, library: str | None, policy: str, seconds: float) -> Callable[[], float]:
    seeds = itertools.count()

    def take() -> float:
        with Runner(python, Program((_PROGRAM,)), core=library) as runner:
            looked = runner.run({"mode": "observe"}, timeout_s=30)
            plan: dict[str, Any] = {"mode": policy, "sites": _shared(looked.events)}
            if policy == "pct":
                plan.update(depth=3, length=20)

            def batch() -> None:
                for seed in itertools.islice(seeds, _BATCH):
                    if runner.run({**plan, "seed": seed}, timeout_s=30).status != 0:
                        raise OutError("a run failed")

            batch()  # what is done once
            ran, cpu_s = 0, 0.0
            while cpu_s < seconds:
                cpu_s += timed(batch)[0].cpu_s
                ran += _BATCH
            return ran / cpu_s

    return take


def _shared(events: tuple[dict[str, Any], ...]) -> list[int]:
    """Where turns may change: as ``explore`` has it."""
    sites: set[int] = set()
    for event in events:
        if event["event"] == "conflict":
            sites.update(event["sites"])
        elif event["event"] == "window":
            sites.update((event["first"], event["act"]))
    return sorted(sites)


def _peer(python: str, peers: Path | None, library: str, strategy: str, seconds: float) -> Callable[[], float]:
    def take() -> float:
        if peers is None or not (peers / library.replace("-", "_")).is_dir():
            raise OutError("is not installed")
        begun = [python, *FRONTRUN] if library == "frontrun" else []
        command = [*begun, python, str(UNDER / "schedules.py"), library, strategy, str(seconds)]
        found = told(command, peers, 60 + 10 * seconds)
        if not found["schedules"]:
            raise OutError("ran no schedule")
        return float(found["schedules"] / found["cpu_s"])

    return take


def block(rates: list[Rate]) -> str:
    cells = [["", "schedules in a CPU-second"]]
    for rate in rates:
        cells.append([rate.name, rate.reason or spread(figure(rate.per_cpu_s))])
    return "\n".join(columns(cells, (30, 25), left=(0, 1)))

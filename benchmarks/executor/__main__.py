"""What ``ungil.Executor`` costs beside its peers: every contestant of a case in turn, round after round, in one run.

    python benchmarks/executor --python SPEC... [--workers 1,2,4,8] [--rounds N] [--only NAME...] [--peers FOLDER]
                               [--without NAME...] [--patience SECONDS] [--json FILE] [--list]

Each case, number of workers and build gets an interpreter of its own, in which the pools are opened, used once at full
size (which also checks their results), and then measured in turn (rounds.py), in wall time and in the CPU time of the
process tree (../clock.py). What a case does stands in cases.py, who takes part in contestants.py, how large a run is
made in entry.py, how long a task is in spinning.py, and what an efficiency means in outcome.py.

The measured interpreter needs the standard library only. Peers are found in a folder made with

    PYTHON -m pip install --target FOLDER joblib mpire pebble fastiter hypertile free-threading numpy

Everything takes an hour or two for each build; `--only threads/map --workers 2` a minute or two.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import peers
import table
from case import Case
from cases import all_cases
from child import Conditions, measure
from outcome import Outcome

from ungil import pythons
from ungil.errors import UngilError


def main() -> None:
    options = _options()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cases = [
        case for case in all_cases().values() if not options.only or any(name in case.name for name in options.only)
    ]
    if options.list:
        print("\n".join(table.lines(cases)))
        return
    try:
        builds = [pythons.resolve(spec) for spec in options.python or [sys.executable]]
    except UngilError as error:
        sys.exit(str(error))
    print(f"{cores} cores, {options.rounds} rounds\n\n{table.LEGEND}\n")
    outcomes: list[Outcome] = []
    for build in builds:
        without = tuple(options.without)
        conditions = Conditions(options.rounds, options.patience, without, peers.of_build(options.peers, build.spec))
        for case in cases:
            for workers in [options.workers] if case.grows else [[count] for count in options.workers]:
                outcomes.append(measure(build, case, workers, conditions))
                print(table.block(case, outcomes[-1], cores) + "\n", flush=True)
                if options.json:
                    _write(options.json, cores, options.rounds, cases, outcomes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/executor", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", action="extend", nargs="+", default=[], help="builds to measure on; else this one")
    parser.add_argument("--workers", type=_numbers, default=[1, 2, 4, 8], help="1,2,4,8 if not given")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", action="extend", nargs="+", default=[], help="cases whose name holds this")
    parser.add_argument("--without", action="extend", nargs="+", default=[], help="contestants to leave out, by name")
    parser.add_argument("--peers", type=Path, help="where the peers are, or a folder with one for each build (3.14t)")
    parser.add_argument("--patience", type=float, default=60, help="seconds after which a silent contestant hangs")
    parser.add_argument("--json", type=Path, help="every sample, written anew after each case")
    parser.add_argument("--list", action="store_true", help="print the cases")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _write(file: Path, cores: int, rounds: int, cases: list[Case], outcomes: list[Outcome]) -> None:
    document = {
        "schema": 1,
        "tool": "ungil benchmarks/executor",
        "cores": cores,
        "rounds": rounds,
        "cases": {case.name: {"unit": case.unit, "how": case.how, "longest": case.longest} for case in cases},
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }
    file.write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()

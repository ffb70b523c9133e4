"""What ``ungil race`` costs, finds and shows again, beside its peers.

    python benchmarks/race --python SPEC [--peers FOLDER] [--only NAME...] [--without NAME...] [--rounds N]
                           [--longest SECONDS] [--budget SECONDS] [--runs N] [--replays N] [--sample N] [--json FILE]

``cost``       CPU time and memory of four threaded programs under Ungil and the peers, to the plain run (cost.py)
``schedules``  schedules in a CPU-second, of two threads of two increments (schedules.py)
``replays``    how often a saved schedule shows its finding again, over the corpus's buggy programs (replays.py)
``corpus``     what is found on the corpus of tests/race, and what wrongly (detection.py)

``--only`` takes these names, the programs of ``cost`` (``cost/words``) and those of the corpus (``replays/gate``).
One process at a time is measured, in CPU time, so that others may use the machine too. Peers are found in a folder
made with

    PYTHON -m pip install --target FOLDER pyvft threadcheck interleave-test frontrun

frontrun's wheel wants glibc 2.39, and runs with an older one where pip is told --platform manylinux_2_39_x86_64
--only-binary :all:.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1]))

import cost
import detection
import peers
import replays
import schedules

from ungil import pythons
from ungil.errors import UngilError

SECTIONS = ("cost", "schedules", "replays", "corpus")


def main() -> None:
    options = _options()
    try:
        build = pythons.resolve(options.python)
    except UngilError as error:
        sys.exit(str(error))
    spec = str(build.spec)
    document: dict[str, Any] = {"schema": 1, "tool": "ungil benchmarks/race", "build": spec, "rounds": options.rounds}
    beside = peers.of_build(options.peers, spec)
    corpus = detection.Conditions(build.executable, spec, options.budget, options.runs, options.sample)
    for section in SECTIONS:
        chosen = _chosen(section, options.only)
        if chosen is None:
            continue
        _say(f"{spec} ({build.version})  {section}\n")
        if section == "cost":
            conditions = cost.Conditions(
                build.executable, beside, options.rounds, options.longest, tuple(options.without)
            )
            rows = cost.measure(conditions, chosen, _say)
            _say(cost.summary(rows))
            document[section] = [asdict(row) for row in rows]
        elif section == "schedules":
            rates = schedules.measure(build.executable, beside, options.rounds, options.longest)
            _say(schedules.block(rates))
            document[section] = [asdict(rate) for rate in rates]
        elif section == "replays":
            replayed = replays.measure(corpus, options.replays, chosen, _say)
            _say(replays.summary(replayed))
            document[section] = [asdict(each) for each in replayed]
        else:
            judged = [each for check in (False, True) for each in detection.measure(corpus, chosen, _say, check=check)]
            _say(detection.summary(judged))
            document[section] = [asdict(each) for each in judged]
        if options.json:
            options.json.write_text(json.dumps(document, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/race", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the build to measure on; else this one")
    parser.add_argument("--peers", type=Path, help="where the peers are, or a folder with one for each build (3.14t)")
    parser.add_argument("--only", action="extend", nargs="+", default=[], help="sections, or section/program")
    parser.add_argument("--without", action="extend", nargs="+", default=[], help="ways of cost to leave out, by name")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--longest", type=float, default=10, help="CPU seconds of one measured run")
    parser.add_argument("--budget", type=float, default=30, help="seconds for each program of the corpus")
    parser.add_argument("--runs", type=int, help="the most runs of each program of the corpus")
    parser.add_argument("--replays", type=int, default=20, help="how often each saved schedule is run")
    parser.add_argument("--sample", type=int, help="this many programs of each of the corpus's folders, evenly chosen")
    parser.add_argument("--json", type=Path, help="every sample, written anew after each section")
    return parser.parse_args()


def _chosen(section: str, only: list[str]) -> list[str] | None:
    """Programs of a section that are asked for, none being all; None: not even the section is."""
    if not only or section in only:
        return []
    programs = [name.partition("/")[2] for name in only if name.startswith(f"{section}/")]
    return programs or None


def _say(text: str) -> None:
    print(text + "\n", flush=True)


if __name__ == "__main__":
    main()

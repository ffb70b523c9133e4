"""What measuring costs the measured: a program started plainly, and by `ungil.launch.run`, in turn.

    python benchmarks/measuring.py [--rounds N] [--python SPEC]...

Prints, for each build and program, the wall time of a plain run and the ratio of a measured run to it in wall and CPU
time, round by round: median and the interval of the median. 1.00 is what it should be. Where hyperfine is installed,
its median of the same command stands beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from ungil import launch, pythons
from ungil.substitute.settings import Settings
from ungil.trial.figures import figure, ratios

PROGRAMS = {
    "start and end": "pass",
    "0.3 s of Python": "n = 0\nwhile n < 6_000_000: n += 1",
    # By fork, whose workers a plain wait for the program accounts for too.
    "a pool of two processes": (
        "import multiprocessing\n"
        "def f(n): return n\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('fork').Pool(2) as pool: pool.map(f, range(100))\n"
    ),
}


def plain(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds, as hyperfine takes them."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime


def hyperfine(command: list[str], rounds: int) -> float | None:
    if shutil.which("hyperfine") is None:
        return None
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        subprocess.run(
            ["hyperfine", "-N", "--style=none", f"--runs={rounds}", f"--export-json={result.name}", " ".join(command)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        median: float = json.load(result)["results"][0]["median"]
        return median


def compare(python: str, name: str, source: str, rounds: int, folder: Path) -> str:
    script = folder / "program.py"
    script.write_text(source)
    walls, cpus, plain_walls, plain_cpus = [], [], [], []
    for _ in range(rounds + 1):
        wall, cpu = plain([python, str(script)])
        run = launch.run(
            python, launch.Program((str(script),)), Settings(), stdout=os.devnull, stderr=os.devnull, timeout_s=60
        )
        plain_walls.append(wall)
        plain_cpus.append(cpu)
        walls.append(run.wall_s)
        cpus.append(run.cpu_s)
    wall_ratio, cpu_ratio = ratios(walls[1:], plain_walls[1:]), ratios(cpus[1:], plain_cpus[1:])
    peer = hyperfine([python, str(script)], rounds)
    beside = f", hyperfine {peer * 1000:.1f} ms" if peer is not None else ""
    return (
        f"  {name:24} plain {figure(plain_walls[1:]).median * 1000:7.1f} ms{beside}; measured / plain: "
        f"wall {wall_ratio.median:.3f} ({wall_ratio.low:.3f}-{wall_ratio.high:.3f}), "
        f"CPU {cpu_ratio.median:.3f} ({cpu_ratio.low:.3f}-{cpu_ratio.high:.3f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--python", action="append", default=[])
    options = parser.parse_args()
    builds = [pythons.resolve(spec) for spec in options.python] or [b for b in pythons.find() if b.error is None]
    with tempfile.TemporaryDirectory() as folder:
        for build in builds:
            print(f"{build.spec} ({build.version}), {options.rounds} rounds")
            for name, source in PROGRAMS.items():
                print(compare(build.executable, name, source, options.rounds, Path(folder)))


if __name__ == "__main__":
    main()

"""Trials as real programs give them, one of each kind a reader may meet."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from ungil.launch.result import GilChange, Named, Substituted
from ungil.pythons.build import Build
from ungil.report.trial import print_trial
from ungil.trial.figures import figure, ratios
from ungil.trial.result import Row, TradeOff, Trial, Verdict

LONG_REASON = (
    "needs lxml 4.9.3, which has no wheel for CPython 3.14t on linux x86_64 and does not build here: "
    "error: command '/usr/bin/x86_64-linux-gnu-gcc' failed with exit code 1; "
    "see /home/ada/.cache/ungil/environments/3.14t-1f0c9a/build.log"
)
DRIFT = (1.0, 1.012, 0.994, 1.006, 0.989, 1.003)
"""How much slower than usual the machine was in each round: every row of the round meets it."""
OWN = ((0.0, 0.004, -0.003, 0.006, -0.005, 0.002), (0.005, -0.002, 0.003, -0.004, 0.001, 0.0))
"""What sets a run apart from its round, by turns."""

GIL_BUILD = Build(
    "3.14", "3.14.7", "/usr/local/bin/python3.14", False, True, "available", False, False, True, True, True, True,
    "GCC 14.2.0", "-O3 -Wall --enable-optimizations --with-lto",
)  # fmt: skip
FREE_BUILD = replace(
    GIL_BUILD,
    spec="3.14t",
    executable="/usr/local/bin/python3.14t",
    free_threaded=True,
    gil_enabled=False,
    jit="unavailable",
    pgo=False,
    flags="-O3 -Wall --disable-gil --with-lto",
)
POOL = Substituted("multiprocessing.Pool", "indexer.py", 41, 2, 8, "as-is")
TODAY = [2.00 * drift for drift in DRIFT]


def row(build: str, model: str, wall: float, cpu: float, peak: float, **facts: object) -> Row:
    """A row that went well: wall and cpu in seconds, peak in MB; ``rounds`` is how many times it was run."""
    rounds = int(str(facts.pop("rounds", 6)))
    noise = float(str(facts.pop("noise", 1.0)))
    turn = OWN[len(model) % 2]
    walls = [wall * DRIFT[at] * (1 + turn[at] * noise) for at in range(rounds)]
    ratio = ratios(walls, TODAY)
    free = build.endswith("t")
    made: dict[str, object] = {
        "build": build,
        "model": model,
        "workers": 1 if model == "serial" else 2,
        "status": "ok",
        "wall_s": figure(walls),
        "startup_s": figure([0.021 * DRIFT[at] for at in range(rounds)]),
        "cpu_s": figure([cpu * DRIFT[at] for at in range(rounds)]),
        "peak_bytes": figure([peak * 1e6, peak * 1.002e6]),
        "ratio_to_today": ratio.median,
        "ratio_to_today_low": ratio.low,
        "ratio_to_today_high": ratio.high,
        "memory_ratio_to_today": peak / 926,
        "same_output": True,
        "compared_as": "bytes",
        "exit_status": 0,
        "free_threaded": free,
        "gil_enabled_at_start": not free,
        "gil_enabled_at_exit": not free,
        "substituted": (replace(POOL, model=model, workers=1 if model == "serial" else 2),),
        "wait_s": figure([0.01, 0.02, 0.01]),
        "other_cpu_s": figure([0.03, 0.02, 0.04]),
    }
    return Row(**{**made, **facts})  # type: ignore[arg-type]  # the tests' own shorthand


def failed(build: str, model: str, status: str, reason: str, **facts: object) -> Row:
    return Row(build, model, None, status, reason, free_threaded=build.endswith("t"), **facts)  # type: ignore[arg-type]  # the literals a test gives are right


def today(**facts: object) -> Row:
    return row("3.14", "as-is", 2.0, 3.61, 926, noise=0, today=True, **facts)


def trial(rows: list[Row], verdict: Verdict | None, **facts: object) -> Trial:
    made: dict[str, object] = {
        "argv": ("indexer.py", "src/"),
        "cores": 2,
        "rounds": 6,
        "elapsed_s": 92.4,
        "same": "stdout",
        "rows": tuple(rows),
        "trade_offs": (),
        "verdict": verdict,
        "builds": (GIL_BUILD, FREE_BUILD),
    }
    return Trial(**{**made, **facts})  # type: ignore[arg-type]  # the tests' own shorthand


def good() -> Trial:
    """The plain good case: free threads win in time and in memory."""
    rows = [
        today(),
        row("3.14", "serial", 3.48, 3.45, 402),
        row("3.14", "threads", 3.52, 3.61, 410),
        row("3.14", "interpreters", 2.31, 4.02, 611),
        row("3.14", "processes", 2.003, 3.62, 927),
        row("3.14t", "as-is", 2.22, 3.98, 1012),
        row("3.14t", "serial", 3.70, 3.68, 431),
        row("3.14t", "threads", 1.04, 2.01, 361),
        row(
            "3.14t", "threads", 1.02, 1.98, 349, variant="initializer once",
            reason="the initializer ran once for all workers",
        ),
        row("3.14t", "processes", 2.24, 3.99, 1015),
    ]  # fmt: skip
    return trial(
        rows,
        Verdict(
            "move-to-threads",
            "Move to free threads on 3.14t: 1.9x faster than today with 61 % less memory",
            (
                "threads on 3.14t take 1.04 s, today's processes on 3.14 take 2.00 s: 1.92x, far outside the noise",
                "the output is the same in all six rounds, and the GIL stayed off to the end",
                "peak memory falls from 926 MB to 361 MB, as the workers share what each process had a copy of",
            ),
            "ungil check indexer.py",
        ),
        trade_offs=(
            TradeOff(
                "single-thread-cost",
                "Single-threaded, 3.14t is 6 % slower (serial on 3.14t against serial on 3.14)",
                1.063,
                1.055,
                1.071,
                caveat="the builds also differ in profile-guided optimisation (no, yes)",
            ),
            TradeOff("memory-cost", "3.14t takes 7 % more memory (serial on both)", 1.07),
            TradeOff("speed-up", "Speed-up over serial: 3.56x by threads on 3.14t with 2 workers", 3.56, 3.5, 3.6),
            TradeOff("start-up-cost", "Start-up takes 24 ms on 3.14t, 19 ms on 3.14", 0.005, unit="s"),
        ),
        notes=("3.15t was left out: it is a release candidate (--python 3.15t tries it)",),
    )


def processes_win() -> Trial:
    """A real pyarrow job: time and memory disagree; threads are slower but leaner."""
    rows = [
        row("3.14", "as-is", 2.0, 1.97, 926, noise=0, today=True, workers=None, substituted=()),
        row("3.14", "serial", 2.004, 1.98, 925),
        row("3.14", "threads", 1.71, 2.9, 940),
        row("3.14", "processes", 1.31, 2.62, 1490),
        row("3.14t", "threads", 1.66, 2.86, 939),
        failed(
            "3.14",
            "interpreters",
            "failed",
            "ImportError: module pyarrow.lib does not support loading in subinterpreters",
            exit_status=1,
        ),
    ]
    return trial(
        rows,
        Verdict(
            "stay-with-processes",
            "Processes are fastest (1.5x today's serial); threads on 3.14t take 37 % less memory at 1.2x",
            ("processes on 3.14 take 1.31 s against 2.00 s today",),
            "ungil run --model processes indexer.py src/",
        ),
    )


def gil_on() -> Trial:
    """A dependency turns the GIL of the free-threaded build back on."""
    by = (
        GilChange(
            "triton._C.libtriton",
            "/srv/venv/lib/python3.14t/site-packages/triton/_C/libtriton.cpython-314t-x86_64-linux-gnu.so",
            "train.py",
            57,
        ),
    )
    rows = [
        today(),
        row("3.14t", "threads", 2.02, 3.6, 700, gil_enabled_at_exit=True, gil_enabled_by=by),
        row("3.14t", "serial", 3.9, 3.8, 600, gil_enabled_at_exit=True, gil_enabled_by=by),
    ]
    return trial(
        rows,
        Verdict(
            "gil-turned-on",
            "Not yet: triton._C.libtriton turns the GIL back on",
            ("train.py:57 imports it",),
            "ungil check train.py",
        ),
        argv=("train.py", "--epochs", "3"),
    )


def differs() -> Trial:
    """Threads change the output; many things could not be carried over."""
    hint = tuple(
        Named(
            f"worker function count_words() writes the global TOTAL_{n}: threads share it",
            "words.py",
            10 + n,
            "worker-global",
        )
        for n in range(9)
    )
    bound = Named("maxtasksperchild=10: workers are not made anew", "words.py", 80, "maxtasksperchild")
    rows = [
        today(compared_as="sorted-lines"),
        row("3.14", "serial", 3.4, 3.4, 400, compared_as="sorted-lines", named=(bound,)),
        row(
            "3.14", "threads", 3.5, 3.6, 410, status="differs", same_output=False, named=(bound, *hint),
            reason="line 3 of its standard output differs: 'total 40511' where today's has 'total 81022'",
            output_path="/home/ada/.cache/ungil/trials/words/3.14-threads.out",
        ),
        row(
            "3.14t", "threads", 1.1, 2.0, 380, status="differs", same_output=False, named=(bound, *hint),
            reason="line 3 of its standard output differs: 'total 39870' where today's has 'total 81022'",
        ),
    ]  # fmt: skip
    return trial(
        rows,
        Verdict(
            "not-safe",
            "Not safe as it is: the output differs under threads",
            ("all six rounds differ",),
            "ungil race words.py",
        ),
        argv=("words.py", "corpus one.txt", "<script>alert(1)</script>"),
    )


def broken_rows() -> Trial:
    """One row crashes, one hangs, one cannot be had."""
    rows = [
        today(rounds=3),
        failed("3.14", "interpreters", "failed", "ended by signal 11 (SIGSEGV) in 2 of 3 runs", exit_status=-11),
        failed("3.14", "threads", "timeout", "still running after 20 s (--timeout), stopped with its 3 processes"),
        failed("3.14t", "as-is", "unavailable", LONG_REASON),
        failed("3.14t", "threads", "unavailable", LONG_REASON),
    ]
    return trial(
        rows,
        Verdict("stay-with-processes", "Stay with processes: nothing else runs the program", (), None),
        rounds=3,
    )


def one_build() -> Trial:
    rows = [today(), row("3.14", "serial", 2.01, 1.99, 925.5), row("3.14", "threads", 2.015, 2.0, 927)]
    return trial(
        rows,
        Verdict("no-difference", "No difference beyond the noise", (), "ungil pythons install 3.14t"),
        builds=(GIL_BUILD,),
        notes=("No free-threaded build was found: 'ungil pythons install 3.14t' gets one",),
    )


def unfinished() -> Trial:
    """What is on disk after the first round."""
    rows = [
        today(rounds=1),
        row("3.14", "serial", 3.4, 3.4, 400, rounds=1, peak_bytes=None, memory_ratio_to_today=None),
        Row("3.14t", "threads", None, "ok", free_threaded=True),
    ]
    return trial(rows, None, rounds=1, complete=False)


def busy() -> Trial:
    rows = [
        today(reliable=False, wait_s=figure([1.4, 1.9, 1.6]), other_cpu_s=figure([2.2, 2.9, 2.4])),
        row(
            "3.14t", "threads", 1.7, 2.0, 361, noise=30, reliable=False,
            wait_s=figure([1.1, 2.3, 1.7]), other_cpu_s=figure([2.0, 3.1, 2.6]),
        ),
    ]  # fmt: skip
    return trial(
        rows,
        Verdict(
            "cannot-tell",
            "Cannot tell: this machine was busy",
            ("other processes took 2.4 s of CPU a run",),
            "ungil trial --budget 300 indexer.py src/",
        ),
    )


def widths() -> Trial:
    """The same runtimes at several widths."""
    rows = [row("3.14", "as-is", 2.0, 3.61, 926, noise=0, today=True, workers=4)]
    for build, model, walls in (
        ("3.14", "processes", (3.6, 2.0, 1.4, 1.3)),
        ("3.14t", "threads", (3.5, 1.8, 1.0, 0.62)),
    ):
        for at, wall in enumerate(walls):
            workers = 2**at
            variant = f"{workers} worker{'s' * (at > 0)}"
            rows.append(row(build, model, wall, 3.7, 300 + 100 * at, workers=workers, variant=variant))
    return trial(rows, Verdict("move-to-threads", "Move to free threads on 3.14t: 3.2x faster than today"), cores=8)


SAMPLES = (good, processes_win, gil_on, differs, broken_rows, one_build, unfinished, busy, widths)


@pytest.fixture(params=SAMPLES, ids=lambda make: make.__name__)
def any_trial(request: pytest.FixtureRequest) -> Trial:
    """Each of the sample trials in turn."""
    made: Trial = request.param()
    return made


@pytest.fixture
def sample() -> Callable[[str], Trial]:
    """A sample trial by its name."""
    return lambda name: next(make for make in SAMPLES if make.__name__ == name)()


@pytest.fixture
def printed() -> Callable[..., str]:
    """What print_trial writes to something that is no terminal."""

    def text(of: Trial, width: int = 80, encoding: str = "utf-8") -> str:
        raw = io.BytesIO()
        file = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
        print_trial(of, Console(file=file, width=width, color_system=None, force_terminal=False))
        return raw.getvalue().decode(encoding)

    return text

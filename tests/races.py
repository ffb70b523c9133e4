"""Results of ``ungil race`` as real programs give them, one of each kind a reader may meet."""

from __future__ import annotations

from ungil.finding import Finding, Frame, Place, Step, Subject
from ungil.race.kinds import KINDS
from ungil.race.result import Ended, Explored, Race, Suppressed

RUN = Frame("/usr/lib/python3.14/threading.py", 1024, "Thread.run")
EXPLORED = Explored(
    runs=78,
    schedules={"observe": 1, "force": 17, "pct": 30, "random": 15, "noise": 15},
    wall_s=6.12,
    cpu_s=5.8,
    windows_found=9,
    windows_tried=9,
    windows_forced=7,
    pct_depth=3,
    pct_bound=0.8731,
    threads=3,
    modules=2,
    sites=112,
)


def finding(code: str, message: str, *places: Place, **facts: object) -> Finding:
    """A confirmed one, with its kind's own words."""
    kind = KINDS[code]
    made: dict[str, object] = {
        "code": code,
        "name": kind.name,
        "severity": "error",
        "status": "confirmed",
        "confidence": "high",
        "message": message,
        "places": places,
        "cause": "No lock is held on either side.",
        "fix": kind.fix,
        "fingerprint": f"{code}-0123456789abcdef"[:24],
    }
    return Finding(**{**made, **facts})  # type: ignore[arg-type]  # the tests' own shorthand


def race(*findings: Finding, **facts: object) -> Race:
    made: dict[str, object] = {
        "argv": ("bank.py", "--accounts", "3"),
        "build": "3.14t",
        "core": "c",
        "program": Ended(0, wall_s=0.043),
        "findings": findings,
        "explored": EXPLORED,
        "cwd": "/home/ada/bank account",
        "command": ("ungil", "race", "--python", "3.14t"),
        "gil_enabled": False,
        "seed": 7,
    }
    return Race(**{**made, **facts})  # type: ignore[arg-type]  # the tests' own shorthand


def lost_update() -> Finding:
    """Both sides on one line."""
    deposit = Place(
        "bank.py", 12, 8, "reads 41, then writes 42", "Thread-1 (work)",
        "        self.balance += amount  # [bold]not[/bold]",
        (Frame("bank.py", 12, "Account.deposit"), Frame("bank.py", 31, "work"), RUN),
        (), "Account.deposit", 12, 20, "42",
        ("class Account:", "    def deposit(self, amount: list[int]) -> None:"), ("", "    def all(self):"),
    )  # fmt: skip
    other = Place(
        "bank.py", 12, 8, "writes 42 in between", "Thread-2 (work)", deposit.snippet,
        deposit.stack, ("lock audit (bank.py:4), taken at bank.py:30",), "Account.deposit", 12, 20, "42",
        deposit.before, deposit.after,
    )  # fmt: skip
    return finding(
        "UNG301",
        "an update of Account.balance is lost: Thread-1 read 41, Thread-2 made it 42, then Thread-1 wrote 42",
        deposit,
        other,
        subject=Subject("attribute", "Account.balance", Frame("bank.py", 40, "<module>")),
        steps=(
            Step("Thread-1 (work)", "reads 41", "bank.py", 12, 8, "41"),
            Step("Thread-2 (work)", "reads and writes", "bank.py", 12, 8, "42"),
            Step("Thread-1 (work)", "writes 42", "bank.py", 12, 8, "42"),
        ),
        evidence={
            "outcome": "one update is lost",
            "strategy": "force",
            "seed": 7,
            "replay": "races/301 a.json",
            "shown": 3,
            "tried": 3,
        },
    )


def check_then_act() -> Finding:
    """Two files, tabs and wide characters, one side without its source."""
    return finding(
        "UNG302",
        "d is checked, then used; Thread-2 changes it in between: KeyError: '键'",
        Place(
            "cache.py", 9, 3, "uses it", "Thread-1", "\t\tx=d['键'] + [row for row in rows if row[0] == '[red]']",
            locks=("lock a (cache.py:2), taken at cache.py:7", "lock b (cache.py:3), taken at cache.py:8"),
            function="get", end_line=9, end_column=9, before=("\tif '键' in d:  # noqa: ungil[1]",), after=(),
        ),
        Place("generated.py", 120, None, "deletes it", "Thread-2"),
        steps=(Step("Thread-1", "finds '键' in d", "cache.py", 8), Step("Thread-2", "deletes it")),
        evidence={
            "outcome": "KeyError: '键'",
            "strategy": "random",
            "seed": 99,
            "traceback": "Traceback (most recent call last):\n  File \"cache.py\", line 9, in get\nKeyError: '键'\n",
        },
    )  # fmt: skip


def deadlock() -> Finding:
    def side(thread: str, line: int, wanted: str, held: str) -> Place:
        stack = (Frame("bank.py", line, "transfer"), *(Frame("bank.py", 60 + n, f"level_{n}") for n in range(20)), RUN)
        return Place(
            "bank.py", line, 13, f"waits for lock {wanted}", thread, f"        with {wanted}.lock:",
            stack, (f"lock {held} (bank.py:5), taken at bank.py:{line - 1}",), "transfer", line, 21,
            None, (f"    with {held}.lock:",), ("            move()",),
        )  # fmt: skip

    return finding(
        "UNG309",
        "Thread-1 and Thread-2 wait for each other",
        side("Thread-1", 21, "target", "source"),
        side("Thread-2", 51, "source", "target"),
        evidence={
            "outcome": "the program hangs",
            "strategy": "force",
            "cycle": ["Thread-1", "lock target", "Thread-2", "lock source"],
        },
    )


def possible() -> Finding:
    """A very long line, its place far to the right; nothing else is known."""
    line = "    " + "value = compute(" + ", ".join(f"argument_{n}" for n in range(12)) + ") + next(rows)"
    return finding(
        "UNG304",
        "several threads take items from one generator, with no lock around it",
        Place("rows.py", 1005, line.index("next"), "takes the next item", snippet=line, end_column=len(line)),
        severity="warning",
        status="possible",
        confidence="medium",
        cause=None,
        evidence={"doubt": "no other thread came in between", "strategy": "observe"},
    )


def note() -> Finding:
    return finding(
        "UNG301",
        "stop is set by one thread and read by others: a flag",
        Place("bank.py", 70, 4, "writes True", "MainThread", "    stop = True", end_column=8),
        severity="note",
        status="possible",
        evidence={},
    )


def one() -> Race:
    return race(lost_update())


def many() -> Race:
    return race(
        lost_update(),
        check_then_act(),
        deadlock(),
        possible(),
        notes=(note(),),
        suppressed=(
            Suppressed(lost_update(), "comment", "bank.py:11", "one thread only"),
            Suppressed(possible(), "baseline", "races.json"),
        ),
        program=Ended(3, wall_s=1.2, output=("Traceback (most recent call last):", "SystemExit: 3")),
        core="python",
        remarks=("settings.py could not be instrumented: not UTF-8",),
        explored=Explored(
            runs=1, wall_s=75, threads=1, complete=False, not_controlled=("thread Dummy-1, which C code started",)
        ),
        module=True,
        gil_enabled=True,
    )


def only_possible() -> Race:
    return race(possible(), notes=(note(),), seed=None, command=())


def clean() -> Race:
    return race(suppressed=(Suppressed(lost_update(), "comment", "bank.py:11"),))


def killed() -> Race:
    return race(deadlock(), program=Ended(None, signal=11), gil_enabled=None)


def stopped() -> Race:
    return race(program=Ended(None, timed_out=True, wall_s=60.0), explored=Explored(runs=1))


SAMPLES = (one, many, only_possible, clean, killed, stopped)

"""Run the program on every runtime, round by round."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ungil import launch
from ungil.launch import Run
from ungil.trial import figures, outputs
from ungil.trial.lane import Lane, disturbed
from ungil.trial.progress import Kind, Progress
from ungil.trial.request import Request
from ungil.trial.result import Status

FEWEST_ROUNDS = 3
MOST_ROUNDS = 30
SMALL_SPREAD = 0.01
"""Rounds go on until every row's median is known this well, or the budget is spent."""
PATIENCE = 5
"""A run that others disturbed is made again, until that has failed to help this many times."""
MORE_FOR_DISTURBED = 3
"""Rounds made beyond the budget, at the most, for those that were disturbed all the same."""
SHORTEST_TIMEOUT_S = 10.0
TIMES_TODAY = 10


class Rounds:
    """Runs lanes in turn, A B C, A B C: what disturbs the machine for a while falls on all of them alike.

    The warm-up round is the one in which memory is sampled, so that no timed run is; timed rounds follow.
    """

    def __init__(self, request: Request, cores: int, scratch: Path, keep: Path, progress: Progress) -> None:
        self._request = request
        self._cores = cores
        self._patience = PATIENCE
        self._stdout = scratch / "stdout"
        self._stderr = scratch / "stderr"
        self._keep = keep
        self._progress = progress
        self._timeout_s = request.timeout_s
        self._status_today: int | None = None
        self._began = time.monotonic()
        self._made = 0
        self.done = 0
        self._disturbed: set[int] = set()
        self.repeated = 0
        """Timed runs that were disturbed and made again."""

    def try_today(self, today: Lane) -> Run | None:
        """Run the program as it is twice: is it the same as itself, how long does it take, which pools has it.

        None where it could not be run to its end.
        """
        self._run(today, "warm-up", 0, 1)
        if not today.open:
            return None
        first = today.memory[0]
        if self._timeout_s is None:
            self._timeout_s = max(TIMES_TODAY * first.wall_s, SHORTEST_TIMEOUT_S)
        self._run(today, "again", 0, 1)
        return first

    def warm_up(self, lanes: Sequence[Lane], today: Lane) -> None:
        """One untimed run of each of the other lanes, memory sampled."""
        for lane in lanes:
            if lane.open and lane is not today:
                self._run(lane, "warm-up", 0, 1)
                self._keep_if_different(lane, today)

    def timed(self, lanes: Sequence[Lane], today: Lane, after_round: Callable[[], None]) -> None:
        """The timed rounds: three, and more until all medians are known well or the budget is spent."""
        while self._too_few() or self._worth_another(lanes):
            total = self._expected_rounds(lanes)
            self._progress.time_left(self._round_s(lanes) * (total - self.done))
            self._progress.planned(self._made + (total - self.done) * sum(lane.open for lane in lanes), len(lanes))
            for lane in lanes:
                if lane.open:
                    self._run(lane, "timed", self.done + 1, total)
                    self._keep_if_different(lane, today)
            if any(lane.open and disturbed(lane.timed[-1], self._cores) for lane in lanes):
                self._disturbed.add(self.done)
            self.done += 1
            after_round()
            if not any(lane.open for lane in lanes):
                return

    @property
    def counted(self) -> Sequence[int]:
        """The rounds that count: those nobody disturbed, if there are enough of them, else all."""
        quiet = [number for number in range(self.done) if number not in self._disturbed]
        return quiet if len(quiet) >= FEWEST_ROUNDS else range(self.done)

    def memory_again(self, lanes: Sequence[Lane], today: Lane) -> None:
        """A second look at memory, where the budget allows."""
        if self._left_s() > self._round_s(lanes):
            for lane in lanes:
                if lane.open and len(lane.memory) < 2:
                    self._run(lane, "memory", 0, 1)
                    self._keep_if_different(lane, today)

    def _run(self, lane: Lane, kind: Kind, round_: int, rounds: int) -> None:
        self._progress.running(lane.runtime.label, round_, rounds, kind)
        started_ns = time.time_ns()
        run = self._launch(lane, kind)
        if kind == "timed" and self._patience and disturbed(run, self._cores):
            # Decided by what others did during the run, never by how long it took.
            self.repeated += 1
            started_ns = time.time_ns()
            run = self._launch(lane, kind)
            self._patience -= disturbed(run, self._cores)
        self._made += 1
        self._progress.finished(lane.runtime.label, run.wall_s)
        if failure := self._failure(run) or _not_as_asked(lane, run):
            lane.failures.append(failure)
        else:
            output = outputs.collect(self._request.same, str(self._stdout), started_ns)
            if output is not None:
                lane.outputs.append(output)
        # A run that failed is kept too: it knows what turned the GIL on, and what could not be carried over.
        (lane.timed if kind == "timed" and not failure else lane.memory).append(run)

    def _launch(self, lane: Lane, kind: Kind) -> Run:
        assert lane.python is not None and lane.program is not None, "an unavailable lane is never run"
        return launch.run(
            lane.python,
            lane.program,
            lane.runtime.settings,
            stdin=self._request.stdin,
            stdout=str(self._stdout),
            stderr=str(self._stderr),
            timeout_s=self._timeout_s,
            sample_memory=kind != "timed",
            gil=lane.runtime.gil,
        )

    def _failure(self, run: Run) -> tuple[Status, str] | None:
        if run.timed_out:
            assert self._timeout_s is not None, "nothing times out without a time-out"
            return "timeout", f"stopped after {self._timeout_s:.0f} s (--timeout)"
        if run.exit_status < 0:
            return "failed", f"killed by {signal_name(-run.exit_status)}{self._last_words(' after: ')}"
        words = self._traceback() or _refusal(run)
        if self._status_today is None:
            # Today's own first run: a status other than 0 may be all it has to say (a linter with findings).
            if run.exit_status != 0 and words:
                return "failed", f"exit status {run.exit_status}: {words}"
            self._status_today = run.exit_status
        elif run.exit_status != self._status_today:
            because = f": {words}" if words else f", today {self._status_today}"
            return "failed", f"exit status {run.exit_status}{because}"
        return None

    def _traceback(self) -> str | None:
        """The last line of the traceback standard error ends with, if it does."""
        text = self._end_of_stderr()
        start = text.rfind("Traceback (most recent call last):")
        if start < 0:
            return None
        lines = [line for line in text[start:].splitlines()[1:] if line and not line[0].isspace()]
        return lines[-1].strip()[:300] if lines else None

    def _last_words(self, before: str) -> str:
        lines = [line.strip() for line in self._end_of_stderr().splitlines() if line.strip()]
        return before + lines[-1][:200] if lines else ""

    def _end_of_stderr(self) -> str:
        with open(self._stderr, "rb") as file:
            file.seek(max(file.seek(0, 2) - 65536, 0))
            return file.read().decode(errors="replace")

    def _keep_if_different(self, lane: Lane, today: Lane) -> None:
        if self._request.same != "stdout" or lane.failures or not lane.outputs:
            return
        how = outputs.how_to_compare(self._request.same, today.outputs)
        if outputs.compare(lane.outputs[-1], today.outputs[0], how) is None:
            lane.keep(self._stdout, self._keep)

    def _too_few(self) -> bool:
        quiet = self.done - len(self._disturbed)
        return quiet < FEWEST_ROUNDS and self.done < FEWEST_ROUNDS + MORE_FOR_DISTURBED

    def _worth_another(self, lanes: Sequence[Lane]) -> bool:
        if self.done >= MOST_ROUNDS or self._left_s() < self._round_s(lanes):
            return False
        spreads = [
            figures.relative_spread(figures.figure([run.wall_s for run in lane.timed])) for lane in lanes if lane.open
        ]
        return any(spread > SMALL_SPREAD for spread in spreads)

    def _expected_rounds(self, lanes: Sequence[Lane]) -> int:
        more = int(self._left_s() / max(self._round_s(lanes), 1e-3))
        return min(max(FEWEST_ROUNDS, self.done + more), MOST_ROUNDS)

    def _round_s(self, lanes: Sequence[Lane]) -> float:
        return sum(lane.runs[-1].wall_s for lane in lanes if lane.open and lane.runs)

    def _left_s(self) -> float:
        return self._request.budget_s - (time.monotonic() - self._began)


def _refusal(run: Run) -> str | None:
    """Why the model could not take the work, where the program keeps that to itself."""
    return next((each.what for each in run.named if each.code in ("module-refused", "unsendable")), None)


def _not_as_asked(lane: Lane, run: Run) -> tuple[Status, str] | None:
    """A model that never reached the program: what ran is the program as it is, not this row."""
    missing = next((each.what for each in run.named if each.code in ("inside-missing", "inside-failed")), None)
    return ("failed", missing) if missing is not None and lane.runtime.model != "as-is" else None


def signal_name(number: int) -> str:
    """``SIGSEGV`` for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

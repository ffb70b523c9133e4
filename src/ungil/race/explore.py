"""The main line of ``ungil race``: look, force what looks dangerous, then try schedules until the budget is spent."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from ungil.finding import Finding
from ungil.race import classify, replays
from ungil.race.candidates import Seen, candidates, inversions, shared_iterators
from ungil.race.core import core as core_of
from ungil.race.request import RaceRequest
from ungil.race.result import Ended, Explored, Race
from ungil.race.runner import Ran, Runner

_FIRST_S = 60.0
"""For the first run, where no limit is given."""
_LOOKS = 4
"""Runs that only look, all but the first with threads delayed a little."""
_SYMPTOMS = ("UNG306", "UNG313", "UNG315")
"""Not reported where another finding says what they come of."""
_FORCING = 0.6
"""Of the budget: the rest is for what no window is known of."""
_DELAYS = 40
_SCHEDULES = 60
"""Runs under schedules, where the budget allows."""
_POLICIES = ("pct", "random", "pct", "noise")
_DEPTH = 3
_TAIL = 12
"""Lines of output kept."""


def find(request: RaceRequest, progress: Callable[[str], None]) -> Race:
    """Explore a program.

    Raises:
        UngilError: the program cannot be started, or a saved schedule not be read.
    """
    progress("compiling the core")
    core, why_not = core_of(request.python)
    with Runner(
        request.python,
        request.program,
        include=request.include,
        core=core,
        environ=request.environ,
        cwd=request.cwd,
    ) as runner:
        exploration = _Exploration(request, runner, progress, "python" if core is None else "c")
        if why_not is not None:
            exploration.remark(f"the hooks are the Python ones, which are slower: {why_not}")
        if request.replay is not None:
            exploration.replay(replays.read(request.replay))
        else:
            exploration.explore()
        return exploration.result()


class _Exploration:
    def __init__(
        self, request: RaceRequest, runner: Runner, progress: Callable[[str], None], core: Literal["c", "python"]
    ) -> None:
        self._core: Literal["c", "python"] = core
        self._request = request
        self._runner = runner
        self._progress = progress
        self._began_s = time.monotonic()
        self._seen = Seen()
        self._findings: dict[tuple[Any, ...], Finding] = {}
        self._notes: dict[str, Finding] = {}
        self._plans: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._schedules: dict[str, int] = {}
        self._cpu_s = 0.0
        self._seed = random.randrange(1 << 32) if request.seed is None else request.seed
        self._ended: Ended | None = None
        self._usual: set[str] = set()
        """Exceptions that the first run showed too."""
        self._limit_s = request.timeout_s or _FIRST_S
        self._tried = self._forced = self._found = 0
        self._steps = 0
        self._pct_runs = 0
        self._complete = True
        self._remarks: list[str] = []
        self._shown = self._replayed = 0
        self._findings_of_all: dict[tuple[Any, ...], Finding] = {}

    def remark(self, text: str) -> None:
        """Something the reader should know."""
        self._remarks.append(text)

    # --- runs

    def _run(self, plan: dict[str, Any]) -> Ran:
        mode = plan["mode"]
        self._schedules[mode] = self._schedules.get(mode, 0) + 1
        ran = self._runner.run(plan, timeout_s=self._limit_s, stdin=self._request.stdin)
        self._cpu_s += ran.cpu_s
        self._seen.learn(ran.events)
        return ran

    def _keep(self, first: Ran) -> None:
        """What the others are compared with."""
        self._ended = _ended(first)
        self._usual = {error.partition(":")[0] for error, _ in classify.exceptions(first.stderr)}

    def _has_time(self, share: float = 1) -> bool:
        """Whether another run may be made; ``share``: of the budget, for what is being done."""
        if self._request.runs is not None and sum(self._schedules.values()) >= self._request.runs:
            self._complete = False
            return False
        if time.monotonic() - self._began_s > self._request.budget_s * share:
            self._complete = False
            return False
        return True

    # --- the main line

    def explore(self) -> None:
        """Look, force, schedule."""
        self._progress("looking at a run of the program")
        first = self._run({"mode": "observe"})
        self._keep(first)
        if self._request.timeout_s is None:
            self._limit_s = min(_FIRST_S, 2.0 + 20 * first.wall_s)
        self._look_for_stuck(first, {"mode": "observe"})
        for number in range(_LOOKS - 1):
            if self._seen.threads > 1 and self._has_time():
                plan = {"mode": "observe", "seed": (self._seed + number) % (1 << 32)}
                self._judge(self._run(plan), plan)
        self._force_windows()
        self._force_inversions()
        for event in shared_iterators(self._seen):
            self._add(classify.shared_iterator(event, self._seen, self._folder), {"mode": "observe"})
        if self._seen.threads > 1:
            self._delay_threads()
            self._try_schedules()
        elif not first.timed_out:
            self._remarks.append("the program never had more than one thread")

    @property
    def _folder(self) -> str:
        return self._request.cwd

    def _force_windows(self) -> None:
        windows = candidates(self._seen)
        self._found = len(windows)
        ways = [candidate.plans() for candidate in windows]
        left = list(range(len(windows)))
        # Each in the likeliest way first: the others only for those that stay.
        for way in range(max(map(len, ways), default=0)):
            for number in list(left):
                if way >= len(ways[number]):
                    continue
                if not self._has_time(_FORCING):
                    return
                self._tried += way == 0
                self._progress(f"forcing window {number + 1} of {len(windows)}")
                if self._force(windows[number].kind, ways[number][way]):
                    left.remove(number)

    def _force(self, kind: str, plan: dict[str, Any]) -> bool:
        """Whether it need not be tried in another way."""
        ran = self._run(plan)
        before = len(self._findings)
        self._judge(ran, plan)
        forced = any(event["event"] == "forced" for event in ran.events)
        self._forced += forced
        return len(self._findings) > before or (forced and kind == "handed")

    def _judge(self, ran: Ran, plan: dict[str, Any]) -> bool:
        """Add what a run has shown; whether it was anything."""
        before = len(self._findings)
        for event in ran.events:
            if event["event"] == "forced":
                finding = classify.forced(event, self._seen, self._folder)
                if finding is not None:
                    self._add(finding, plan)
            elif event["event"] == "woken":
                self._add(classify.woken(event, self._folder, plan["mode"]), plan)
        if plan["mode"] in (*_POLICIES, "delay"):
            self._judge_schedule(ran, plan)
        self._look_for_stuck(ran, plan)
        return len(self._findings) > before

    def _force_inversions(self) -> None:
        for found in inversions(self._seen):
            if not self._has_time():
                return
            plan = {"mode": "cross", "places": [edge["places"] for edge in found.edges]}
            ran = self._run(plan)
            if not self._look_for_stuck(ran, plan):
                self._add(classify.inversion(found, self._folder), plan)

    def _delay_threads(self) -> None:
        plans = [
            {"mode": "delay", "place": list(place), "arrival": arrival}
            for arrival in (1, 2)
            for place in dict.fromkeys(self._seen.synchronising)
        ][:_DELAYS]
        for number, plan in enumerate(plans, 1):
            if not self._has_time():
                return
            self._progress(f"delaying a thread, {number} of {len(plans)}")
            self._judge(self._run(plan), plan)

    def _try_schedules(self) -> None:
        shared = {site for event in self._seen.conflicts for site in event["sites"]}
        shared |= {site for event in self._seen.windows.values() for site in (event["first"], event["act"])}
        for number in range(_SCHEDULES):
            if not self._has_time():
                return
            self._progress(f"trying schedule {number + 1} of {_SCHEDULES}")
            policy = _POLICIES[number % len(_POLICIES)]
            plan: dict[str, Any] = {"mode": policy, "seed": (self._seed + number) % (1 << 32), "sites": sorted(shared)}
            if policy == "pct":
                plan.update(depth=_DEPTH, length=self._steps or None)
                self._pct_runs += 1
            elif policy == "noise":
                plan["rate"] = (0.05, 0.3, 0.8)[number // 4 % 3]
            else:
                plan["rate"] = (0.1, 0.3, 0.7)[number // 4 % 3]
            self._judge(self._run(plan), plan)

    def _judge_schedule(self, ran: Ran, plan: dict[str, Any]) -> None:
        mode = plan["mode"]
        for event in ran.events:
            if event["event"] == "scheduled":
                self._steps = max(self._steps, event["steps"])
        hits = [event for event in ran.events if event["event"] == "hit"]
        for event in hits:
            finding = classify.hit(event, self._seen, self._folder, mode)
            if finding is not None:
                self._add(finding, plan)
        for error, frames in classify.exceptions(ran.stderr):
            if error.partition(":")[0] not in self._usual:
                finding = classify.failed(error, frames, hits, self._seen, self._folder, mode)
                if finding is not None:
                    self._add(finding, plan)

    def _look_for_stuck(self, ran: Ran, plan: dict[str, Any]) -> bool:
        found = False
        for event in ran.events:
            if event["event"] in ("deadlock", "hang"):
                self._add(classify.stuck(event, self._seen, self._folder, plan["mode"]), plan)
                found = True
        return found

    # --- results

    def _add(self, finding: Finding, plan: dict[str, Any]) -> None:
        if finding.severity == "note":
            self._notes.setdefault(finding.fingerprint, finding)
            return
        places = finding.places[:1] if finding.code in _SYMPTOMS else finding.places[:2]
        key = (finding.code, *sorted({(place.path, place.line) for place in places}))
        known = self._findings.get(key)
        if known is None or (known.status == "possible" and finding.status == "confirmed"):
            self._findings[key] = finding
            self._plans[key] = plan

    def replay(self, saved: dict[str, Any]) -> None:
        """Run one saved schedule."""
        self._progress("looking at a run of the program")
        self._keep(self._run({"mode": "observe"}))
        plan = replays.renumbered(saved, self._seen)
        for _ in range(self._request.runs or 1):
            self._progress("running the saved schedule")
            ran = self._run(plan)
            self._shown += self._judge(ran, plan)
            self._replayed += 1
            if self._request.runs is not None and self._request.runs > 1:
                self._findings_of_all.update(self._findings)
                self._findings.clear()
        self._findings.update(self._findings_of_all)
        if not self._shown:
            self._remarks.append("the saved schedule did not show it again")

    def result(self) -> Race:
        """All of it."""
        request = self._request
        explained = {
            (place.path, place.line)
            for finding in self._findings.values()
            if finding.status == "confirmed" and finding.code not in _SYMPTOMS
            for place in finding.places
        }
        findings = sorted(
            (
                self._with_evidence(key, finding)
                for key, finding in self._findings.items()
                if finding.code not in _SYMPTOMS
                or not explained & {(place.path, place.line) for place in finding.places}
            ),
            key=lambda each: (each.status != "confirmed", each.code),
        )
        self._remarks += [f"a fault of ungil's own: {fault}" for fault in self._seen.faults]
        assert self._ended is not None
        return Race(
            argv=request.program.argv,
            build=request.build,
            core=self._core,
            program=self._ended,
            findings=tuple(findings),
            explored=Explored(
                runs=sum(self._schedules.values()),
                schedules=self._schedules,
                wall_s=time.monotonic() - self._began_s,
                cpu_s=self._cpu_s,
                windows_found=self._found,
                windows_tried=self._tried,
                windows_forced=self._forced,
                pct_depth=_DEPTH if self._pct_runs else None,
                pct_bound=self._bound(),
                threads=self._seen.threads,
                modules=len(self._seen.modules),
                sites=len(self._seen.sites),
                not_controlled=tuple(self._seen.not_controlled),
                complete=self._complete,
            ),
            notes=tuple(self._notes.values()) if request.notes else (),
            module=request.program.module,
            seed=self._seed,
            remarks=tuple(self._remarks),
        )

    def _with_evidence(self, key: tuple[Any, ...], finding: Finding) -> Finding:
        """With how it is shown again."""
        more: dict[str, Any] = {}
        plan = self._plans.get(key)
        if plan is not None and "seed" in plan:
            more["seed"] = plan["seed"]
        if self._replayed:
            more.update(shown=self._shown, tried=self._replayed)
        elif plan is not None and self._request.save is not None and plan["mode"] != "observe":
            path = replays.save(self._request.save, finding, plan, self._seen, self._request)
            more.update(replay=path, command=replays.command(path, self._request))
        return replace(finding, evidence={**finding.evidence, **more})

    def _bound(self) -> float | None:
        """At least this probable to have shown a bug of the depth, by all runs of PCT together."""
        if not self._pct_runs or not self._steps:
            return None
        one = 1 / (self._seen.threads * self._steps ** (_DEPTH - 1))
        return float(1 - (1 - one) ** self._pct_runs)


def _ended(ran: Ran) -> Ended:
    ended_well = ran.status == 0 and not ran.timed_out
    lines = [] if ended_well else ran.stderr.decode(errors="replace").splitlines()[-_TAIL:]
    return Ended(
        exit_status=None if ran.signal or ran.timed_out else ran.status,
        signal=ran.signal,
        timed_out=ran.timed_out,
        wall_s=ran.wall_s,
        output=tuple(lines),
    )

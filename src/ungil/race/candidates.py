"""From what the observing run told to what is worth being forced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]

_MOST_UNSEEN = 20
"""Windows that no run went through, as its first half came out otherwise: tried all the same."""
_ORDER = ("update", "check", "call-update", "call-check", "iterate", "together", "handed")


@dataclass(frozen=True)
class Site:
    """A place in the source where the program touches something, as the inside told of it."""

    index: int
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str
    op: str
    name: str | None


@dataclass
class Seen:
    """All that runs have told, put together."""

    sites: dict[int, Site] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    pairs: list[tuple[str, int, int]] = field(default_factory=list)
    """Of the source: kind, first, act."""
    windows: dict[tuple[Any, ...], Event] = field(default_factory=dict)
    conflicts: list[Event] = field(default_factory=list)
    orders: list[Event] = field(default_factory=list)
    handed: list[Event] = field(default_factory=list)
    synchronising: list[tuple[str, int, str]] = field(default_factory=list)
    """Places where threads took locks, or waited."""
    runs: int = 0
    threads: int = 1
    not_controlled: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Of ours."""

    def learn(self, events: Iterable[Event]) -> None:
        """What one run told."""
        self.runs += 1
        for event in events:
            kind = event["event"]
            if kind == "module":
                for row in event["sites"]:
                    self.sites[row[0]] = Site(*row)
                if event["path"] not in self.modules:
                    self.modules.append(event["path"])
                    self.pairs += [tuple(pair) for pair in event["pairs"]]
            elif kind == "window":
                key = (event["kind"], event["first"], event["act"], repr(event["call"]))
                known = self.windows.get(key)
                if known is None or len(event["locks"]) < len(known["locks"]):
                    self.windows[key] = event
            elif kind == "synchronises":
                self.synchronising.append(tuple(event["place"]))
            elif kind == "handed":
                self.handed.append(event)
            elif kind == "conflict":
                self.conflicts.append(event)
            elif kind == "order":
                self.orders.append({**event, "run": self.runs})  # locks have other numbers in other runs
            elif kind == "fault" and event["what"] not in self.faults:
                self.faults.append(event["what"])
            elif kind == "not-instrumented":
                self.not_controlled.append(f"{event['path']} was not instrumented: {event['why']}")
            if kind in ("observed", "scheduled"):
                self.threads = max(self.threads, event["threads"])


@dataclass(frozen=True)
class Candidate:
    """A window that another thread could come into."""

    kind: str
    first: int
    act: int
    remotes: tuple[int, ...]
    call: Any = None
    gates: tuple[Any, ...] = ()
    """Where locks are taken between the two halves."""

    def plans(self) -> list[dict[str, Any]]:
        """The ways: the other thread waits at its first coming to a write, at one of several, at a later one."""
        plan = self.plan()
        if self.remotes == (self.act,):
            return [plan, plan]  # by chance both may have written the same
        later = [{**plan, "arrival": 3}]
        one = [{**plan, "late": [remote]} for remote in self.remotes if len(self.remotes) > 1]
        return [plan, *one[:3], *later]

    def plan(self) -> dict[str, Any]:
        """As a run is asked to force it."""
        return {
            "mode": "force",
            "kind": self.kind,
            "first": self.first,
            "act": self.act,
            "remotes": list(self.remotes),
            "call": self.call,
            "gates": list(self.gates),
        }


def candidates(seen: Seen) -> list[Candidate]:
    """The windows that no lock keeps others out of, likely ones first."""
    writers = _writers(seen)
    found = []
    seen_windows = {(event["kind"], event["first"], event["act"]) for event in seen.windows.values()}
    for event in seen.windows.values():
        if event["kind"] == "check" and _is_checked_again(event, seen):
            continue
        remotes: dict[int, bool] = {}
        for site in (event["first"], event["act"]):
            for remote, common in writers.get(site, {}).items():
                remotes[remote] = remotes.get(remote, True) and common
        if event["locks"]:
            remotes = {remote: common for remote, common in remotes.items() if not common}
        if remotes:
            gates = tuple(gate for gate in event["gates"] if gate is not None)
            found.append(
                Candidate(event["kind"], event["first"], event["act"], tuple(sorted(remotes)), event["call"], gates)
            )
    found.sort(key=lambda each: (_ORDER.index(each.kind), each.act - each.first))
    unseen = [
        Candidate(kind, first, act, tuple(sorted(writers[first])))
        for kind, first, act in seen.pairs
        if kind in ("check", "update")
        and first in writers
        and (kind, first, act) not in seen_windows
        and not all(writers[first].values())
    ]
    reads: dict[int, list[int]] = {}
    for event in seen.handed:
        reads.setdefault(event["read"], []).append(event["write"])
    found += [Candidate("handed", read, read, tuple(writes)) for read, writes in reads.items()]
    return [*found, *unseen[:_MOST_UNSEEN]]


def _writers(seen: Seen) -> dict[int, dict[int, bool]]:
    """By site: which sites of other threads write what it touches, and whether a lock is held at both, always.

    What an object's own ``__init__`` stores is left out: others have the object only after that.
    """
    found: dict[int, dict[int, bool]] = {}
    for event in seen.conflicts:
        (one, other), kinds = event["sites"], event["kinds"]
        for site, remote, kind in ((one, other, kinds[1]), (other, one, kinds[0])):
            if kind != "read" and not _initialises(seen.sites[remote]):
                known = found.setdefault(site, {})
                known[remote] = known.get(remote, True) and event["common_lock"]
    return found


def _is_checked_again(window: Event, seen: Seen) -> bool:
    """Whether there is a later check of the same thing, and a lock held from that one to the act."""
    first, act = seen.sites[window["first"]], seen.sites[window["act"]]
    for other in seen.windows.values():
        if other["kind"] == "check" and other["act"] == act.index and other["locks"] and not window["locks"]:
            later = seen.sites[other["first"]]
            if (first.line, first.column) < (later.line, later.column) < (act.line, act.column):
                return True
    return False


def _initialises(site: Site) -> bool:
    return site.op == "write" and site.function.endswith(".__init__")


def shared_iterators(seen: Seen) -> list[Event]:
    """Of iterators that several threads advance, with no lock around both."""
    return [event for event in seen.conflicts if event["kinds"] == ["advance", "advance"] and not event["common_lock"]]


@dataclass(frozen=True)
class Inversion:
    """Two locks taken in both orders."""

    locks: tuple[int, int]
    edges: tuple[Event, Event]


def inversions(seen: Seen) -> list[Inversion]:
    """Pairs of locks that two threads take in opposite order, with no third lock held at both."""
    by_locks: dict[tuple[int, int, int], list[Event]] = {}
    for event in seen.orders:
        if not event["timed"]:
            by_locks.setdefault((event["run"], *event["locks"]), []).append(event)
    found: dict[str, Inversion] = {}
    for (run, one, other), edges in by_locks.items():
        if one > other:
            continue
        for edge in edges:
            for back in by_locks.get((run, other, one), ()):
                if edge["thread"] != back["thread"] and not set(edge["gates"]) & set(back["gates"]):
                    places = repr([edge["places"], back["places"]])
                    found.setdefault(places, Inversion((one, other), (edge, back)))
    return list(found.values())

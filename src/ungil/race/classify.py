"""What a run showed, as a finding; or as nothing, where it was harmless."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any

from ungil.finding import Confidence, Finding, Frame, Place, Severity, Status, Step, Subject, fingerprint, with_source
from ungil.race.candidates import Event, Inversion, Seen, Site
from ungil.race.kinds import KINDS

_WRITES = ("write", "delete", "update", "call")
_ADDING = ("append", "appendleft", "add", "extend", "extendleft", "insert", "update", "subtract")
_REPLACING = ("update", "clear", "sort", "reverse")
_SHRINKING = ("pop", "popleft", "popitem", "remove", "clear", "insert", "sort", "reverse", "discard", "appendleft")


def forced(event: Event, seen: Seen, folder: str) -> Finding | None:
    """Of a window that was forced, what is to be said; severity ``note`` where it did no harm."""
    kind = event["kind"].removeprefix("call-")
    first, act, remote = (seen.sites[event[name]] for name in ("first", "act", "remote"))
    before, between, after = event["values"]
    me, other = event["threads"]
    name = event["subject"][1]
    raised = event["outcome"]
    severity: Severity = "error"
    if kind == "update":
        if not event["changed"] or (act.op == "call" and act.name not in _REPLACING and raised is None):
            return None  # what adds to a container overwrites nothing
        if event.get("same_value") and before in ("nothing", "None"):
            severity = "note"  # both have made it, and made the same
        code = "UNG301"
        message = f"an update of {name} is lost: {me} read {before}, {other} made it {between}, then {me} wrote {after}"
        outcome = "one update is lost"
        if raised is not None:
            message, outcome = f"{name} is read and then written, with {other} in between: {raised}", raised
    elif kind == "check":
        found = _check(event, act, name)
        if found is None:
            return None
        severity, message, outcome = found
        code = "UNG302"
    elif kind == "iterate":
        if raised is None and not (event["changed"] and _skips(first, remote)):
            return None
        code = "UNG303"
        outcome = raised or "items are skipped or seen twice"
        message = f"{name} is changed by {other} while {me} iterates over it: {outcome}"
    elif kind == "together":
        if not (event["changed"] and event["remote_together"]):
            return None
        code = "UNG305"
        outcome = "one value is old, the other new"
        message = f"{me} reads values that belong together, and {other} changes them in between: {outcome}"
    elif kind == "handed":
        if not event["changed"]:
            return None
        code = "UNG312"
        outcome = "another value is read than was handed over"
        message = (
            f"{name} is changed by {other} after it was handed to {me}: {before} became {between} before it was read"
        )
    else:
        return None
    places = (
        _place(first, f"reads {before}", me, event["stacks"][0], event["locks"][0], before),
        _place(act, _does(act, after), me, event["stacks"][1], event["locks"][1], after),
        _place(remote, f"makes it {between}", other, [], None, between),
    )
    steps = (
        _step(me, f"reads {before}", first, before),
        _step(other, _in_words(remote, between), remote, between),
        _step(me, (raised and f"raises {raised}") or _does(act, after), act, after),
    )
    main = (places[1], places[0], places[2]) if kind != "iterate" else places
    return _finding(
        code,
        message,
        tuple(_distinct(main)),
        folder,
        severity=severity,
        subject=Subject(event["subject"][0], name),
        steps=steps,
        evidence={"outcome": outcome, "strategy": "force"},
        cause=_cause(event),
    )


def _check(event: Event, act: Site, name: str) -> tuple[Severity, str, str] | None:
    me, other = event["threads"]
    raised = event["outcome"]
    if raised is not None:
        return "error", f"{name} is checked, then used; {other} changes it in between: {raised}", raised
    if not act.op.endswith(_WRITES) or event["flipped"] is False or not event["changed"]:
        return None
    if act.op.endswith("delete") or (act.op == "call" and act.name not in _ADDING):
        return None  # it found what it was to take, or looks by itself
    if event.get("same_value"):
        return "note", f"{name} is set by {me} and {other} both, to equal values", "the same is done twice"
    test = f" ({event['test']})" if event.get("test") else ""
    outcome = "what was checked is no longer true"
    return (
        "error",
        f"{me} acts on {name} although what it checked{test} is no longer true: {other} came in between",
        outcome,
    )


def _skips(first: Site, remote: Site) -> bool:
    return remote.op.endswith(("delete",)) or (remote.op == "call" and remote.name in _SHRINKING)


def _cause(event: Event) -> str:
    mine = bool(event["locks"][0] or event["locks"][1])
    if mine and event["remote_locked"]:
        return "Both sides hold locks, but not one lock from the first access to the last."
    if mine:
        return "Only one of the two sides holds a lock."
    if event["remote_locked"]:
        return "The other side holds a lock, this one does not."
    return "No lock is held on either side."


def _does(site: Site, value: str | None) -> str:
    if site.op == "call":
        return f"calls {site.name}"
    if site.op.endswith("delete"):
        return "deletes it"
    if site.op.endswith(("write", "update")):
        return f"writes {value}" if value is not None else "writes"
    return "uses it" if site.op.endswith("read") else f"{site.op}s it"


def _in_words(site: Site, value: str | None) -> str:
    return f"{_does(site, None)}: it is {value} now"


def shared_iterator(event: Event, seen: Seen, folder: str) -> Finding:
    """Several threads advance one iterator."""
    sites = [seen.sites[index] for index in event["sites"]]
    places = tuple(_distinct(tuple(_place(site, "takes the next item", None, [], None, None) for site in sites)))
    name = event["subject"][1]
    return _finding(
        "UNG304",
        f"several threads take items from one {name}, with no lock around it",
        places,
        folder,
        status="possible",
        confidence="high",
        subject=Subject("iterator", name),
        evidence={"strategy": "observe"},
    )


def woken(event: Event, folder: str, strategy: str) -> Finding:
    """A thread went on after a wait, and what it had waited for had not come."""
    path, line, function = event["place"]
    place = Place(
        path,
        line,
        role=f"goes on after its wait, though `{event['test']}` still holds",
        thread=event["thread"],
        stack=tuple(Frame(*entry) for entry in event["stack"]),
        function=function,
    )
    return _finding(
        "UNG311",
        f"{event['thread']} goes on after its wait, though `{event['test']}` still holds",
        (place,),
        folder,
        evidence={"outcome": f"`{event['test']}` still holds", "strategy": strategy},
    )


def inversion(found: Inversion, folder: str) -> Finding:
    """Locks taken in opposite orders, not (yet) seen to end in a deadlock."""
    places = []
    for edge in found.edges:
        for where, role in zip(edge["places"], ("takes the first", "takes the second"), strict=True):
            if where:
                places.append(Place(where[0], where[1], role=role, function=where[2]))
    return _finding(
        "UNG308",
        "two locks are taken in opposite orders by two threads",
        tuple(_distinct(tuple(places))),
        folder,
        severity="note",
        status="possible",
        confidence="high",
        evidence={"strategy": "observe"},
    )


def stuck(event: Event, seen: Seen, folder: str, strategy: str) -> Finding:
    """Threads that wait for each other, or for nothing that can come."""
    cycle = _cycle_in_words(event["cycle"])
    waiting = [thread for thread in event["cycle"] or event["threads"] if thread["waits"] is not None]
    places = []
    waiting.sort(key=lambda thread: thread["waits"]["kind"] in ("join", "shutdown"))
    for thread in waiting:
        stack = [Frame(*entry) for entry in thread["stack"]]
        inner = next((frame for frame in stack if frame.path in seen.modules), None)
        if inner is not None:
            places.append(
                Place(
                    inner.path,
                    inner.line,
                    role=f"waits for {_waits_for(thread['waits'])}",
                    thread=thread["name"],
                    stack=tuple(stack[stack.index(inner) :]),
                    locks=tuple(_held(each) for each in thread["holds"]),
                    function=inner.function,
                )
            )
    code, message = "UNG314", "the program hangs: nothing can wake its threads"
    if cycle:
        code = "UNG309"
        message = ", ".join(f"{one} waits for {what}" for one, what in zip(cycle[::2], cycle[1::2], strict=True))
    elif any("condition" in (place.role or "") or "event" in (place.role or "") for place in places):
        code, message = "UNG310", "a signal is missed: a thread waits for what has already been told, or is never told"
    return _finding(
        code,
        message,
        tuple(places),
        folder,
        evidence={"outcome": "the program hangs", "strategy": strategy, "cycle": cycle},
    )


def _waits_for(waits: Event) -> str:
    held_by = waits.get("held_by")
    text = _thing(waits)
    return text if held_by is None else f"{text}, held by {held_by['thread']}"


def _thing(waits: Event) -> str:
    kind, thing = waits.get("kind"), str(waits.get("thing"))
    return thing if thing.startswith(str(kind)) else f"{kind} {thing}"


def _taken(where: Any) -> str:
    return f"a lock taken at {os.path.basename(where[0])}:{where[1]}"


def _held(held: Event) -> str:
    return (
        f"{held['lock']}, taken at {os.path.basename(held['path'])}:{held['line']}"
        if held.get("path")
        else held["lock"]
    )


def _cycle_in_words(cycle: list[Event]) -> list[str]:
    found: list[str] = []
    for thread in cycle:
        waits = thread["waits"] or {}
        found += [thread["name"], _thing(waits)]
    return found


_FRAME = re.compile(r'^\s+File "(?P<path>[^"]+)", line (?P<line>\d+), in (?P<function>.+)$')
_ERROR = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)(?:: (?P<text>.*))?$")


def exceptions(stderr: bytes) -> list[tuple[str, list[Frame]]]:
    """The tracebacks of a program's output: the last line of each, and its frames, innermost first."""
    found: list[tuple[str, list[Frame]]] = []
    frames: list[Frame] | None = None
    for line in stderr.decode(errors="replace").splitlines():
        if line.lstrip("+| ").startswith("Traceback (most recent call last)"):
            frames = []
        elif frames is not None:
            match = _FRAME.match(line)
            if match:
                frames.insert(0, Frame(match["path"], int(match["line"]), match["function"]))
            elif line and not line[0].isspace():
                if _ERROR.match(line):
                    found.append((line, frames))
                frames = None
    return found


def failed(
    error: str, frames: list[Frame], hits: list[Event], seen: Seen, folder: str, strategy: str
) -> Finding | None:
    """An exception that only some schedules show."""
    inner = next((frame for frame in frames if frame.path in seen.modules), None)
    if inner is None:
        return None
    places = [Place(inner.path, inner.line, role=f"raises {error}", function=inner.function, stack=tuple(frames))]
    steps: list[Step] = []
    for hit in hits:
        first, act, remote = (seen.sites[hit[name]] for name in ("first", "act", "remote"))
        me, other = hit["threads"]
        places.append(_place(first, f"reads {hit['values'][0]}", me, [], None, None))
        places.append(_place(act, _does(act, None), me, [], None, None))
        places.append(_place(remote, "changes it in between", other, [], None, None))
        steps.append(_step(me, "reads", first, hit["values"][0]))
        steps.append(_step(other, "changes it", remote, hit["values"][1]))
        steps.append(_step(me, _does(act, None), act, None))
    name = error.partition(":")[0]
    code = "UNG315" if name in ("AssertionError", "SystemExit") else "UNG313"
    if code == "UNG313" and name in ("AttributeError", "NameError", "UnboundLocalError"):
        code = "UNG306"
    message = f"in some schedules: {error}"
    return _finding(
        code,
        message,
        tuple(_distinct(tuple(places))),
        folder,
        steps=tuple(steps),
        evidence={"outcome": error, "strategy": strategy},
    )


def hit(event: Event, seen: Seen, folder: str, strategy: str) -> Finding | None:
    """An update's window that a schedule had another thread come into."""
    if event["kind"] != "update" or event["values"][0] == event["values"][1]:
        return None
    first, act, remote = (seen.sites[event[name]] for name in ("first", "act", "remote"))
    if act.op == "call" and act.name not in _REPLACING:
        return None
    me, other = event["threads"]
    before, between, _ = event["values"]
    name = event["subject"][1]
    return _finding(
        "UNG301",
        f"an update of {name} is lost: {me} read {before}, {other} made it {between}, then {me} wrote",
        tuple(
            _distinct(
                (
                    _place(act, _does(act, None), me, [], None, None),
                    _place(first, f"reads {before}", me, [], None, before),
                    _place(remote, f"makes it {between}", other, [], None, between),
                )
            )
        ),
        folder,
        subject=Subject(event["subject"][0], name),
        steps=(
            _step(me, f"reads {before}", first, before),
            _step(other, _in_words(remote, between), remote, between),
            _step(me, _does(act, None), act, None),
        ),
        evidence={"outcome": "one update is lost", "strategy": strategy},
    )


def _finding(
    code: str,
    message: str,
    places: tuple[Place, ...],
    folder: str,
    *,
    severity: Severity = "error",
    status: Status = "confirmed",
    confidence: Confidence = "high",
    subject: Subject | None = None,
    steps: tuple[Step, ...] = (),
    evidence: dict[str, Any] | None = None,
    cause: str | None = None,
) -> Finding:
    kind = KINDS[code]
    finding = Finding(
        code=code,
        name=kind.name,
        severity="warning" if severity == "error" and status == "possible" else severity,
        status=status,
        confidence=confidence,
        message=message,
        places=tuple(with_source(place) for place in places),
        subject=subject,
        cause=cause or kind.why,
        fix=kind.fix,
        steps=steps,
        evidence=evidence or {},
    )
    return replace(finding, fingerprint=fingerprint(finding, folder))


def _place(
    site: Site, role: str, thread: str | None, stack: list[Any], locks: list[Any] | None, value: str | None
) -> Place:
    return Place(
        site.path,
        site.line,
        column=site.column,
        role=role,
        thread=thread,
        stack=tuple(Frame(*entry) for entry in stack),
        locks=None if locks is None else tuple(_taken(each) for each in locks if each),
        function=site.function,
        end_line=site.end_line,
        end_column=site.end_column,
        value=value,
    )


def _step(thread: str, text: str, site: Site, value: str | None) -> Step:
    return Step(thread, text, site.path, site.line, site.column, value)


def _distinct(places: tuple[Place, ...]) -> list[Place]:
    found: list[Place] = []
    for place in places:
        if not any(
            (p.path, p.line, p.column, p.role) == (place.path, place.line, place.column, place.role) for p in found
        ):
            found.append(place)
    return found

"""Findings as SARIF 2.1.0, for code scanning services and editors."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ungil.finding import Finding, Frame, Place, Step
from ungil.race.kinds import KINDS, Kind
from ungil.race.result import Race, Suppressed
from ungil.report.findings import of_place, of_step
from ungil.report.race import command_again
from ungil.version import VERSION

_ROOT = "SRCROOT"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Json = dict[str, Any]


def to_sarif(race: Race, notes: bool = False) -> str:
    """The log of ``race``; ``notes``: with the harmless idioms that look like races.

    Suppressed findings are in it, marked as such, as the format wants it.
    """
    shown = [*race.findings, *(race.notes if notes else ())]
    found: list[tuple[Finding, Suppressed | None]] = [(finding, None) for finding in shown]
    found += [(suppressed.finding, suppressed) for suppressed in race.suppressed]
    codes = sorted({finding.code for finding, _ in found})
    rules = {code: number for number, code in enumerate(codes)}
    run: Json = {
        "tool": {
            "driver": {
                "name": "ungil race",
                "version": VERSION,
                "rules": [_rule(code, [each for each, _ in found if each.code == code]) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(race)],
        "results": [
            _result(finding, suppressed, rules, command_again(race, finding), bool(race.suppressed))
            for finding, suppressed in found
        ],
        "properties": {
            "build": race.build,
            "core": race.core,
            "seed": race.seed,
            "programExitStatus": race.program.exit_status,
            "programSignal": race.program.signal,
            "runs": race.explored.runs,
            "complete": race.explored.complete,
        },
    }
    if race.cwd:
        run["originalUriBaseIds"] = {_ROOT: {"uri": f"file://{quote(race.cwd.rstrip('/'))}/"}}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(code: str, findings: Sequence[Finding]) -> Json:
    kind = KINDS.get(code)
    if kind is None:
        return {"id": code, "name": findings[0].name}
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in kind.name.split("-")),
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": kind.sentence},
        "help": {"text": f"{kind.sentence}\n\n{kind.why}\n\n{kind.fix}".replace("`", ""), "markdown": _markdown(kind)},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["concurrency", kind.name]},
    }


def _markdown(kind: Kind) -> str:
    return f"{kind.sentence}\n\n{kind.why}\n\n**Fix:** {kind.fix}"


def _invocation(race: Race) -> Json:
    invocation: Json = {"executionSuccessful": True}
    if race.cwd:
        invocation["workingDirectory"] = {"uri": f"file://{quote(race.cwd)}"}
    said = [*race.explored.not_controlled, *race.remarks]
    if said:
        invocation["toolExecutionNotifications"] = [{"level": "note", "message": {"text": text}} for text in said]
    return invocation


def _result(
    finding: Finding, suppressed: Suppressed | None, rules: Mapping[str, int], again: str | None, any_known: bool
) -> Json:
    main, others = finding.places[:1], finding.places[1:]
    result: Json = {
        "ruleId": finding.code,
        "ruleIndex": rules[finding.code],
        "level": finding.severity,
        "message": {"text": _message(finding, again)},
        "locations": [_location(place) for place in main],
        "partialFingerprints": {"ungil/v1": finding.fingerprint},
        "properties": {
            "status": finding.status,
            "confidence": finding.confidence,
            "subject": None if finding.subject is None else finding.subject.name,
            "evidence": finding.evidence,
        },
    }
    if others:
        result["relatedLocations"] = [_location(place, number) for number, place in enumerate(others, 1)]
    if finding.steps:
        result["codeFlows"] = [_code_flow(finding.steps)]
    stacks = [_stack(place) for place in finding.places if place.stack]
    if stacks:
        # The format has each of them once.
        result["stacks"] = [stack for at, stack in enumerate(stacks) if stack not in stacks[:at]]
    if any_known:
        result["suppressions"] = [] if suppressed is None else [_suppression(suppressed)]
    return result


def _message(finding: Finding, again: str | None) -> str:
    outcome = finding.evidence.get("outcome") or finding.evidence.get("doubt")
    parts = [
        f"{finding.message} ({finding.status}{f': {outcome}' if outcome else ''}).",
        finding.cause,
        f"Fix: {finding.fix}" if finding.fix else None,
        f"Again: {again}" if again else None,
    ]
    return "\n".join(part for part in parts if part)


def _suppression(suppressed: Suppressed) -> Json:
    made: Json = {"kind": "inSource" if suppressed.by == "comment" else "external", "status": "accepted"}
    if suppressed.reason:
        made["justification"] = suppressed.reason
    path, _, line = (suppressed.where or "").rpartition(":")
    if suppressed.by == "comment" and line.isdecimal():
        made["location"] = {
            "physicalLocation": {"artifactLocation": _artifact(path), "region": {"startLine": int(line)}}
        }
    return made


def _location(place: Place, number: int | None = None) -> Json:
    physical: Json = {"artifactLocation": _artifact(place.path), "region": _region(place)}
    if place.snippet is not None and (place.before or place.after):
        lines = (*place.before, place.snippet, *place.after)
        physical["contextRegion"] = {
            "startLine": place.line - len(place.before),
            "endLine": place.line + len(place.after),
            "snippet": {"text": "\n".join(lines) + "\n"},
        }
    location: Json = {"physicalLocation": physical, "message": {"text": of_place(place)}}
    if number is not None:
        location["id"] = number
    if place.function:
        location["logicalLocations"] = [_logical(place.function)]
    return location


def _region(place: Place) -> Json:
    region: Json = {"startLine": place.line}
    if place.column is not None:
        region["startColumn"] = place.column + 1
        if place.end_column is not None:
            region["endLine"] = place.end_line or place.line
            region["endColumn"] = place.end_column + 1
    if place.snippet is not None and place.end_line in (None, place.line):
        end = place.end_column if place.column is not None else None
        region["snippet"] = {"text": place.snippet[place.column or 0 : end]}
    return region


def _code_flow(steps: Sequence[Step]) -> Json:
    """One flow a thread; ``executionOrder`` tells how they interleave."""
    threads: dict[str, list[Json]] = {}
    for order, step in enumerate(steps, 1):
        location: Json = {"message": {"text": of_step(step)}}
        if step.path is not None and step.line is not None:
            region = {"startLine": step.line}
            if step.column is not None:
                region["startColumn"] = step.column + 1
            location["physicalLocation"] = {"artifactLocation": _artifact(step.path), "region": region}
        threads.setdefault(step.thread, []).append({"location": location, "executionOrder": order})
    flows = [{"id": thread, "locations": locations} for thread, locations in threads.items()]
    return {"message": {"text": "What happened, in order"}, "threadFlows": flows}


def _stack(place: Place) -> Json:
    return {"message": {"text": place.thread or "the thread"}, "frames": [_frame(frame) for frame in place.stack]}


def _frame(frame: Frame) -> Json:
    location: Json = {
        "physicalLocation": {"artifactLocation": _artifact(frame.path), "region": {"startLine": frame.line}}
    }
    if frame.function:
        location["logicalLocations"] = [_logical(frame.function)]
    return {"location": location}


def _logical(function: str) -> Json:
    return {"fullyQualifiedName": function, "kind": "module" if function == "<module>" else "function"}


def _artifact(path: str) -> Json:
    if os.path.isabs(path):
        return {"uri": f"file://{quote(path)}"}
    return {"uri": quote(path), "uriBaseId": _ROOT}

"""SARIF 2.1.0: the properties the format has, and what a reader needs of them.

The lists below are the format's own (the objects that are written here, and which of their properties there are); a log
with another one would be refused by its schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from ungil.finding import Finding
from ungil.race.kinds import KINDS
from ungil.race.result import Race
from ungil.report.sarif import to_sarif

from .. import races

Json = dict[str, Any]
each = pytest.mark.parametrize("made", races.SAMPLES, ids=lambda make: make.__name__)
Made = Callable[[], Race]

FORMAT: dict[str, str] = {
    "log": "$schema version runs",
    "run": "tool columnKind invocations results properties originalUriBaseIds",
    "tool": "driver",
    "driver": "name version rules",
    "rule": "id name shortDescription fullDescription help defaultConfiguration properties",
    "configuration": "level",
    "invocation": "executionSuccessful workingDirectory toolExecutionNotifications",
    "notification": "level message",
    "result": "ruleId ruleIndex level message locations relatedLocations codeFlows stacks partialFingerprints "
    "suppressions properties",
    "location": "id physicalLocation logicalLocations message",
    "physical": "artifactLocation region contextRegion",
    "artifact": "uri uriBaseId",
    "region": "startLine startColumn endLine endColumn snippet",
    "logical": "fullyQualifiedName kind",
    "message": "text",
    "help": "text markdown",
    "flow": "message threadFlows",
    "thread": "id locations",
    "step": "location executionOrder",
    "stack": "message frames",
    "frame": "location",
    "suppression": "kind status justification location",
}
REQUIRED = {
    "log": "version runs",
    "run": "tool",
    "tool": "driver",
    "driver": "name",
    "rule": "id",
    "invocation": "executionSuccessful",
    "notification": "message",
    "result": "message",
    "message": "text",
    "flow": "threadFlows",
    "thread": "locations",
    "stack": "frames",
    "suppression": "kind",
}
INSIDE = {
    "runs": "run", "tool": "tool", "driver": "driver", "rules": "rule", "defaultConfiguration": "configuration",
    "invocations": "invocation", "toolExecutionNotifications": "notification", "results": "result",
    "locations": "location", "relatedLocations": "location", "location": "location", "physicalLocation": "physical",
    "artifactLocation": "artifact", "workingDirectory": "artifact", "SRCROOT": "artifact", "region": "region",
    "contextRegion": "region", "logicalLocations": "logical", "message": "message", "shortDescription": "message",
    "fullDescription": "message", "snippet": "message", "help": "help", "codeFlows": "flow", "threadFlows": "thread",
    "stacks": "stack", "frames": "frame", "suppressions": "suppression",
}  # fmt: skip


def objects(of: Json, kind: str = "log") -> Iterator[tuple[str, Json]]:
    """Every object of the format in the log, with its kind."""
    yield kind, of
    for name, value in of.items():
        if name in ("properties", "partialFingerprints"):
            continue
        inside = "step" if (kind, name) == ("thread", "locations") else INSIDE.get(name)
        children = value.values() if name == "originalUriBaseIds" else value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, dict):
                yield from objects(child, inside or INSIDE.get(name, "artifact"))


def log(race: Race, notes: bool = False) -> Json:
    made: Json = json.loads(to_sarif(race, notes))
    return made


def results(race: Race, notes: bool = False) -> list[Json]:
    made: list[Json] = log(race, notes)["runs"][0]["results"]
    return made


@each
@pytest.mark.parametrize("notes", [False, True])
def test_there_is_nothing_but_what_the_format_has(made: Made, notes: bool) -> None:
    for kind, found in objects(log(made(), notes)):
        assert set(found) <= set(FORMAT[kind].split()), kind
        assert set(found) >= set(REQUIRED.get(kind, "").split()), kind


@each
def test_regions_lists_and_addresses_are_as_the_format_wants_them(made: Made) -> None:
    for kind, found in objects(log(made(), True)):
        if kind == "region":
            assert found["startLine"] >= 1
            assert found.get("endLine", found["startLine"]) >= found["startLine"]
            assert found.get("startColumn", 1) >= 1
            assert found.get("endColumn", 2) >= 1
        if kind in ("flow", "thread"):
            assert found.get("threadFlows", found.get("locations")), "at least one"
        if kind == "artifact":
            assert all(character not in found["uri"] for character in ' <>"\\')
        if kind in ("result", "rule", "location"):
            for name in ("relatedLocations", "stacks", "suppressions", "rules", "logicalLocations"):
                values = [json.dumps(value) for value in found.get(name, [])]
                assert len(set(values)) == len(values), "each once"


@each
def test_each_result_has_its_rule(made: Made) -> None:
    run = log(made(), True)["runs"][0]
    rules = run["tool"]["driver"]["rules"]

    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert KINDS[rule["id"]].fix in rule["help"]["markdown"]
        assert result["level"] in ("error", "warning", "note")
        assert result["partialFingerprints"]["ungil/v1"]


def test_every_kind_has_help_in_plain_text_and_markdown() -> None:
    for code in KINDS:
        finding = races.finding(code, "m", races.possible().places[0])
        rule = log(races.race(finding))["runs"][0]["tool"]["driver"]["rules"][0]
        assert "`" not in rule["help"]["text"]
        assert rule["name"].isalpha()
        assert rule["shortDescription"]["text"] == KINDS[code].title


def test_a_code_of_another_room_is_no_error() -> None:
    finding: Finding = replace(races.possible(), code="UNG499", name="new")

    assert log(races.race(finding))["runs"][0]["tool"]["driver"]["rules"] == [{"id": "UNG499", "name": "new"}]


def test_the_interleaving_is_one_flow_a_thread_in_one_order() -> None:
    (result,) = results(races.one())
    (flow,) = result["codeFlows"]

    assert [thread["id"] for thread in flow["threadFlows"]] == ["Thread-1 (work)", "Thread-2 (work)"]
    steps = [step for thread in flow["threadFlows"] for step in thread["locations"]]
    ordered = sorted(steps, key=lambda step: step["executionOrder"])
    assert [step["location"]["message"]["text"] for step in ordered] == [
        "Thread-1 (work) reads 41",
        "Thread-2 (work) reads and writes 42",
        "Thread-1 (work) writes 42",
    ]
    assert ordered[0]["location"]["physicalLocation"]["region"] == {"startLine": 12, "startColumn": 9}


def test_both_sides_are_located_with_their_source() -> None:
    (result,) = results(races.one())
    (main,) = result["locations"]
    (other,) = result["relatedLocations"]

    assert main["physicalLocation"]["artifactLocation"] == {"uri": "bank.py", "uriBaseId": "SRCROOT"}
    assert main["physicalLocation"]["region"] == {
        "startLine": 12,
        "startColumn": 9,
        "endLine": 12,
        "endColumn": 21,
        "snippet": {"text": "self.balance"},
    }
    assert main["physicalLocation"]["contextRegion"]["snippet"]["text"].startswith("class Account:\n    def deposit")
    assert other["message"]["text"].startswith("Thread-2 (work) writes 42 in between, holding lock audit")
    assert main["logicalLocations"] == [{"fullyQualifiedName": "Account.deposit", "kind": "function"}]


def test_a_threads_stack_has_the_library_under_its_own_address() -> None:
    (result,) = results(races.one())
    frames = result["stacks"][0]["frames"]

    paths = [frame["location"]["physicalLocation"]["artifactLocation"] for frame in frames]
    assert paths[0] == {"uri": "bank.py", "uriBaseId": "SRCROOT"}
    assert paths[-1] == {"uri": "file:///usr/lib/python3.14/threading.py"}


def test_the_root_of_the_sources_is_the_working_directory() -> None:
    root = log(races.one())["runs"][0]["originalUriBaseIds"]["SRCROOT"]["uri"]

    assert unquote(urlsplit(root).path) == "/home/ada/bank account/"
    assert "%20" in root


def test_known_findings_are_in_it_as_suppressed() -> None:
    found = results(races.many())

    assert [result["suppressions"] for result in found] == [
        [],
        [],
        [],
        [],
        [
            {
                "kind": "inSource",
                "status": "accepted",
                "justification": "one thread only",
                "location": {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "bank.py", "uriBaseId": "SRCROOT"},
                        "region": {"startLine": 11},
                    }
                },
            }
        ],
        [{"kind": "external", "status": "accepted"}],
    ]
    assert "suppressions" not in results(races.one())[0]


def test_notes_are_results_where_asked_for() -> None:
    assert [result["level"] for result in results(races.only_possible())] == ["warning"]
    assert [result["level"] for result in results(races.only_possible(), notes=True)] == ["warning", "note"]

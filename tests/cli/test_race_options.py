"""``ungil race``: its options, its documents, its exit status; what was found is made by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ungil import cli, document
from ungil.cli import _program
from ungil.launch import Program
from ungil.pythons import Build
from ungil.race.request import RaceRequest
from ungil.race.result import Ended, Race
from ungil.version import VERSION

from .. import races

Need = Callable[[str], str]


@dataclass
class Room:
    """Stands for the room behind the command: keeps what it was asked for, and gives what the test wants."""

    result: Race = field(default_factory=races.one)
    requests: list[RaceRequest] = field(default_factory=list)
    stdin: str | None = None

    def find(self, request: RaceRequest, progress: Callable[[str], None]) -> Race:
        progress("looking [at] a run")
        self.requests.append(request)
        if request.stdin is not None:
            self.stdin = Path(request.stdin).read_text()
        return self.result


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Room]:
    made = Room()
    explore = ModuleType("ungil.race.explore")
    explore.find = made.find  # type: ignore[attr-defined]  # a module made by hand
    monkeypatch.setitem(sys.modules, "ungil.race.explore", explore)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bank.py").write_text("print(1)\n")
    with open(os.devnull) as nothing:  # pytest's own has no descriptor
        monkeypatch.setattr(sys, "stdin", nothing)
        yield made


@pytest.fixture
def race(room: Room, need: Need, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command; its status, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.call(["race", "--python", need("3.14"), *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_the_request_is_what_was_asked_for(race: Any, room: Room, tmp_path: Path, need: Need) -> None:
    status, _, _ = race(
        "--include", "requests", "--include", "kombu", "--budget", "9.5", "--runs", "40", "--seed", "3",
        "--timeout", "7", "--save", "schedules/new", "--notes", "bank.py", "--seed", "4", "-m", "--", "x",
    )  # fmt: skip

    assert status == 1
    (request,) = room.requests
    assert replace(request, stdin=None) == RaceRequest(
        python=str(Path(need("3.14")).resolve()),
        build="3.14",
        program=Program(("bank.py", "--seed", "4", "-m", "--", "x")),
        include=("requests", "kombu"),
        environ=None,
        cwd=str(tmp_path),
        budget_s=9.5,
        runs=40,
        seed=3,
        timeout_s=7.0,
        stdin=None,
        replay=None,
        save="schedules/new",
        notes=True,
    )
    assert (tmp_path / "schedules/new").is_dir()


def test_a_module(race: Any, room: Room) -> None:
    race("-m", "json.tool", "-h")

    assert room.requests[0].program == Program(("json.tool", "-h"), module=True)


def test_standard_input_is_kept_for_every_run(
    race: Any, room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "in").write_text("some lines\n")
    with open(tmp_path / "in") as file:
        monkeypatch.setattr(sys, "stdin", file)
        race("bank.py")

    assert room.stdin == "some lines\n"


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (races.one(), 1),
        (races.only_possible(), 0),
        (replace(races.one(), program=Ended(5)), 1),
        (replace(races.only_possible(), program=Ended(5)), 5),
        (races.clean(), 0),
        (replace(races.clean(), program=Ended(3)), 3),
        (replace(races.clean(), program=Ended(None, signal=11)), 139),
        (races.stopped(), 124),
    ],
)
def test_the_exit_status(race: Any, room: Room, result: Race, status: int) -> None:
    room.result = result

    assert race("bank.py")[0] == status


def test_the_report_is_on_standard_output(race: Any, need: Need) -> None:
    _, out, err = race("--include", "kombu", "bank.py")

    assert out.startswith("bank.py\n3.14t, GIL off, C core, seed 7\n\nerror[UNG301] lost-update, confirmed: ")
    assert f"= again: ungil race --python {need('3.14')} --include kombu --replay 'races/301 a.json' bank.py\n" in out
    assert err == ""


def test_the_json_document_can_be_shown_again(race: Any, room: Room, tmp_path: Path, capsys: Any) -> None:
    room.result = races.many()
    _, out, _ = race("--json", "r.json", "--notes", "bank.py", "7")

    made = json.loads((tmp_path / "r.json").read_text())
    assert list(made)[:5] == ["schema", "tool", "tool_version", "program", "build"]
    assert (made["schema"], made["tool"], made["tool_version"], made["build"]) == (1, "ungil", VERSION, "3.14t")
    assert (made["program"]["exit_status"], made["program"]["command"]) == (3, "bank.py 7")
    assert [finding["code"] for finding in made["findings"]] == ["UNG301", "UNG302", "UNG309", "UNG304"]
    assert cli.call(["report", "--notes", "r.json"]) == 0
    assert capsys.readouterr().out == out


def test_a_document_on_standard_output_moves_the_report(race: Any) -> None:
    _, out, err = race("--json", "-", "bank.py")

    assert document.from_json(out, Race).argv == ("bank.py",)
    assert "error[UNG301]" in err


def test_sarif(race: Any, tmp_path: Path, capsys: Any) -> None:
    race("--sarif", "r.sarif", "--json", "r.json", "bank.py")
    log = json.loads((tmp_path / "r.sarif").read_text())

    assert log["version"] == "2.1.0"
    assert log["runs"][0]["results"][0]["ruleId"] == "UNG301"
    assert cli.call(["report", "--sarif", "-", "r.json"]) == 0
    assert json.loads(capsys.readouterr().out) == log


def test_a_baseline(race: Any, room: Room, tmp_path: Path) -> None:
    room.result = races.many()
    status, out, _ = race("--write-baseline", "known.json", "bank.py")
    assert "error[UNG301]" in out
    assert status == 3, "what has just been written is known: the status is the program's"
    # Without the check-then-act, as if the file were older than that.
    known = json.loads((tmp_path / "known.json").read_text())
    known["known"] = [entry for entry in known["known"] if entry["code"] != "UNG302"]
    (tmp_path / "known.json").write_text(json.dumps(known))

    status, out, _ = race("--baseline", "known.json", "--json", "r.json", "bank.py")

    assert status == 1
    assert "error[UNG302]" in out
    assert "error[UNG301]" not in out
    made = json.loads((tmp_path / "r.json").read_text())
    assert [finding["code"] for finding in made["findings"]] == ["UNG302"]
    assert [each["by"] for each in made["suppressed"]] == ["comment", "baseline", "baseline", "baseline", "baseline"]
    race("--baseline", "known.json", "--write-baseline", "known.json", "bank.py")
    assert race("--baseline", "known.json", "bank.py")[0] == 3


def test_a_comment_in_the_source(race: Any, room: Room, tmp_path: Path) -> None:
    (tmp_path / "bank.py").write_text("\n" * 10 + "# ungil: ignore[UNG301] by one thread only\nx.n += 1\n")

    status, out, _ = race("bank.py")

    assert status == 0
    assert "No schedule that was run broke the program." in out
    assert "known and not shown: 1 by a comment" in out


def test_only_confirmed(race: Any, room: Room) -> None:
    room.result = races.many()

    status, out, _ = race("--only-confirmed", "bank.py")

    assert status == 1
    assert "UNG309" in out
    assert "UNG304" not in out
    assert "1 possible finding left out (--only-confirmed)" in out
    assert "UNG304" in race("--possible", "bank.py")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--json", "-", "--sarif", "-", "bank.py"], "--json - and --sarif - both want standard output"),
        (["--json", "no/such/r.json", "bank.py"], "cannot write no/such/r.json"),
        (["--write-baseline", "no/such/r.json", "bank.py"], "cannot write no/such/r.json"),
        (["--baseline", "known.json", "bank.py"], "cannot read the baseline known.json"),
        (["--replay", "s.json", "bank.py"], "cannot read the schedule s.json: No such file or directory"),
        (["--save", "s", "--replay", "bank.py", "bank.py"], "leave out --save"),
        (["--save", "bank.py", "bank.py"], "cannot save schedules in bank.py: File exists"),
        (["nothing.py"], "no such file: nothing.py"),
        (["-m", "nothing_of_that_name"], "no module named nothing_of_that_name"),
        (["--runs", "0", "bank.py"], "--runs"),
        (["--budget", "-1", "bank.py"], "--budget"),
        (["--nonsense", "bank.py"], "--nonsense"),
        ([], "PROGRAM"),
    ],
)
def test_what_the_user_can_mend_is_one_line(race: Any, room: Room, arguments: list[str], said: str) -> None:
    status, out, err = race(*arguments)

    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("ungil: ")
    assert said in err
    assert room.requests == []


def test_a_python_too_old_is_refused(room: Room, capsys: Any) -> None:
    if sys.version_info >= (3, 12):
        pytest.skip("needs an older Python, as which this one would do")

    assert cli.call(["race", "--python", sys.executable, "bank.py"]) == 2
    assert "ungil race needs Python 3.12 or newer" in capsys.readouterr().err


def test_a_python3_too_old_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    builds = {"python3": Build("3.11", "3.11.2", "/usr/bin/python3"), ">=3.12": Build("3.14", "3.14.1", "/p")}
    monkeypatch.setattr("ungil.pythons.resolve", builds.__getitem__)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)

    assert _program.default_build("3.12").spec == "3.14"
    assert _program.default_build().spec == "3.11"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--html", "r.html", "r.json"], "--html is for trials"),
        (["nothing.json"], "cannot read nothing.json"),
        (["bank.py"], "not a report of ungil"),
        (["other.json"], "not a trial or race report of ungil"),
        (["list.json"], "not a trial or race report of ungil"),
    ],
)
def test_what_report_cannot_show(race: Any, tmp_path: Path, capsys: Any, arguments: list[str], said: str) -> None:
    race("--json", "r.json", "bank.py")
    (tmp_path / "other.json").write_text('{"schema": 1}')
    (tmp_path / "list.json").write_text("[]")

    assert cli.call(["report", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_help_names_every_option() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from ungil.cli import main; main()", "race", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": "100", "PATH": "/usr/bin:/bin"},
    )

    for option in ("--python", "--replay", "--sarif", "--baseline", "--only-confirmed", "--with-requirements", "-m"):
        assert option in done.stdout

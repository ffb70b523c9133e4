"""The options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import rich_click as click
from click.testing import CliRunner, Result

from ungil.cli import _options
from ungil.errors import UngilError


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_options.pythons_option
@_options.dependencies
@_options.json_option
@_options.html_option
@click.argument("program", nargs=-1, type=click.UNPROCESSED)
def command(**options: object) -> None:
    click.echo(repr(options))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def options(*arguments: str) -> dict[str, object]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    found = eval(result.output)
    assert isinstance(found, dict)
    return found


def test_options_may_be_repeated_and_those_after_the_program_are_its_own(tmp_path: Path) -> None:
    needs = tmp_path / "needs.txt"
    needs.touch()
    found = options(
        "--with", "black", "--with", "rich>13", "--with-requirements", str(needs), "--no-project",
        "--python", "3.14", "--python", "3.14t", "prog.py", "--json", "x", "--with", "y",
    )  # fmt: skip
    assert found == {
        "with_": ("black", "rich>13"),
        "with_requirements": (str(needs),),
        "no_project": True,
        "pythons": ("3.14", "3.14t"),
        "json_path": None,
        "html_path": None,
        "program": ("prog.py", "--json", "x", "--with", "y"),
    }


def test_a_report_path_is_taken_as_it_is_and_nothing_made_there(tmp_path: Path) -> None:
    found = options("--json", "-", "--html", str(tmp_path / "page.html"))
    assert (found["json_path"], found["html_path"]) == ("-", str(tmp_path / "page.html"))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("option", ["--json", "--html", "--with-requirements"])
def test_a_path_that_is_no_use_is_found_at_once(tmp_path: Path, option: str) -> None:
    error = run(option, str(tmp_path / "missing" / "file")).exception
    assert isinstance(error, UngilError) and error.exit_status == 2
    assert "cannot" in str(error) and "\n" not in str(error)

"""Where the result of a command goes."""

from __future__ import annotations

import sys

from rich.console import Console

from ungil import document
from ungil.errors import UngilError
from ungil.race.result import Race
from ungil.report import charts
from ungil.report.html import write_html
from ungil.report.output import STANDARD_OUTPUT, write_document
from ungil.report.race import print_race
from ungil.report.sarif import to_sarif
from ungil.report.trial import print_trial
from ungil.trial import Trial


def check_outputs(**paths: str | None) -> None:
    """Raises UngilError where two documents want standard output; each is named as its option."""
    wanting = [f"--{option} -" for option, path in paths.items() if path == STANDARD_OUTPUT]
    if len(wanting) > 1:
        raise UngilError(f"{' and '.join(wanting)} both want standard output: give one of them a file")


def show_trial(trial: Trial, json_path: str | None, html_path: str | None) -> None:
    """The table goes to standard output or, where a document is wanted there, to standard error."""
    print_trial(trial, Console(stderr=STANDARD_OUTPUT in (json_path, html_path)))
    if json_path is not None:
        write_document(document.to_json(trial, program=trial.argv, build=trial.rows[0].build), json_path)
    if html_path is not None:
        write_html(trial, html_path)
        if hint := charts.missing():
            sys.stderr.write(f"ungil: {hint}\n")


def show_race(race: Race, json_path: str | None, sarif_path: str | None, notes: bool) -> None:
    """The report goes to standard output or, where a document is wanted there, to standard error."""
    print_race(race, Console(stderr=STANDARD_OUTPUT in (json_path, sarif_path)), notes)
    if json_path is not None:
        write_document(document.to_json(race, program=race.argv, build=race.build), json_path)
    if sarif_path is not None:
        write_document(to_sarif(race, notes), sarif_path)

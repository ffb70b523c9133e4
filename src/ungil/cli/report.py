"""``ungil report``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from ungil import document
from ungil.cli import _options
from ungil.cli._output import check_outputs, show_race, show_trial
from ungil.errors import UngilError
from ungil.race.result import Race
from ungil.trial import Trial

_KINDS = {"rows": Trial, "explored": Race}


@click.command()
@_options.json_option
@_options.html_option
@_options.sarif_option
@click.option("--notes", is_flag=True, help="Of a race report, show harmless idioms too.")
@click.argument("file", metavar="FILE")
def report(file: str, json_path: str | None, html_path: str | None, sarif_path: str | None, notes: bool) -> None:
    """Show the result recorded in FILE: what 'ungil trial --json FILE' or 'ungil race --json FILE' wrote, or a
    trial's own record."""
    check_outputs(json=json_path, html=html_path, sarif=sarif_path)
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UngilError(f"cannot read {file}: {getattr(error, 'strerror', None) or 'not text'}") from error
    if document.kind_of(text, _KINDS) is Race:
        if html_path is not None:
            raise UngilError("--html is for trials, and this is a race report: leave it out, or give --sarif")
        show_race(document.from_json(text, Race), json_path, sarif_path, notes)
        return
    if sarif_path is not None or notes:
        raise UngilError("--sarif and --notes are for race reports, and this is a trial")
    show_trial(document.from_json(text, Trial), json_path, html_path)

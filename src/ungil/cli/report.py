"""``ungil report``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from ungil import document
from ungil.cli import _options
from ungil.cli._output import check_outputs, show_trial
from ungil.errors import UngilError
from ungil.trial import Trial


@click.command()
@_options.json_option
@_options.html_option
@click.argument("file", metavar="FILE")
def report(file: str, json_path: str | None, html_path: str | None) -> None:
    """Show the trial recorded in FILE: what 'ungil trial --json FILE' wrote, or its own record of an earlier one."""
    check_outputs(json_path, html_path)
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UngilError(f"cannot read {file}: {getattr(error, 'strerror', None) or 'not text'}") from error
    show_trial(document.from_json(text, Trial), json_path, html_path)

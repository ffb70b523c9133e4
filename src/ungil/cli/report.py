"""``ungil report``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click
from rich.console import Console

from ungil import document
from ungil.cli import _options
from ungil.errors import UngilError
from ungil.report.html import write_html
from ungil.report.trial import print_trial
from ungil.trial import Trial


@click.command()
@_options.html_option
@click.argument("file", metavar="FILE")
def report(file: str, html_path: str | None) -> None:
    """Show the trial recorded in FILE: what 'ungil trial --json FILE' wrote, or its own record of an earlier one."""
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UngilError(f"cannot read {file}: {getattr(error, 'strerror', None) or 'not text'}") from error
    trial = document.from_json(text, Trial)
    if html_path is not None:
        write_html(trial, html_path)
    if html_path != "-":
        print_trial(trial, Console())

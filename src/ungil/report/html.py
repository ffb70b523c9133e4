"""A trial as one HTML page: no script, no other file, no network."""

from __future__ import annotations

from typing import Any

import jinja2

from ungil.report import charts, remarks, table
from ungil.report.numbers import Unit, duration, median_of
from ungil.report.output import write_document
from ungil.report.text import command_of, visible
from ungil.trial.result import Figure, Trial, VerdictCode
from ungil.version import VERSION

_TONES: dict[VerdictCode, str] = {
    "move-to-threads": "good",
    "use-interpreters": "good",
    "stay-with-processes": "stay",
    "stay-serial": "stay",
    "no-difference": "stay",
    "gil-turned-on": "warn",
    "cannot-tell": "warn",
    "not-safe": "bad",
}


def write_html(trial: Trial, path: str) -> None:
    """Write the page of ``trial`` to the file ``path``, whole or not at all; ``-`` is standard output.

    Raises:
        UngilError: the file cannot be written.
    """
    write_document(page_of(trial), path)


def page_of(trial: Trial) -> str:
    """The page; without charts, and saying how to get them, where the extra ``html`` is not installed."""
    without = charts.missing()
    return _environment().get_template("trial.html.jinja").render(
        trial=trial,
        command=command_of(trial.argv),
        tone="warn" if trial.verdict is None else _TONES[trial.verdict.code],
        charts=[] if without else list(charts.charts_of(trial)),
        without_charts=without,
        table=table.table_of(trial),
        substitutions=remarks.substitutions(trial),
        named=remarks.named(trial),
        gil_modules=remarks.gil_modules(trial),
        version=VERSION,
    )  # fmt: skip


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ungil", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals |= {"colours": charts.COLOURS, "label_of": table.label_of}
    environment.filters |= {"duration": duration, "seconds": _seconds, "fact": _fact}
    return environment


def _shown(value: Any) -> Any:
    # Markup is a str too, but ours: the charts, line breaks and all.
    return visible(value) if type(value) is str else value


def _seconds(figure: Figure | None) -> str:
    if figure is None:
        return table.NOTHING
    unit = Unit("s", 1) if figure.median >= 1 else Unit("ms", 1e-3)
    return f"{median_of(figure, unit)} {unit.name}"


def _fact(value: object) -> str:
    words = {True: "yes", False: "no", None: "unknown"}
    return words[value] if value is None or isinstance(value, bool) else str(value)

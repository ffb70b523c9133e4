"""The figures of a trial as pictures: inline SVG, drawn by Altair and vl-convert where they are installed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree

from markupsafe import Markup

from ungil.report import numbers, table
from ungil.report.numbers import Unit
from ungil.report.text import encodable, visible
from ungil.trial.result import Figure, Row, Trial

if TYPE_CHECKING:
    import altair

Colour = Literal["ink", "muted", "grid", "today", "less", "more", "same", "second", "third", "fourth"]

# As drawn; the page's style sheet turns each into the reader's light or dark shade by the attribute that holds it.
COLOURS: dict[Colour, str] = {
    "ink": "#16181d",
    "muted": "#565c66",
    "grid": "#e2e5ea",
    "today": "#1f5fbf",
    "less": "#0f7a4d",
    "more": "#b42318",
    "same": "#7a8290",
    "second": "#8f4fc4",
    "third": "#0f7a8a",
    "fourth": "#9a6200",
}
_SERIES: tuple[Colour, ...] = ("today", "less", "second", "fourth", "third", "more")
_BAR = 12
"""Height of a bar, in pixels."""
_SVG = "http://www.w3.org/2000/svg"


@dataclass(frozen=True)
class Chart:
    """One picture in two shapes, each a whole ``<svg>``."""

    title: str
    caption: str
    wide: Markup
    narrow: Markup
    main: bool = False
    """Whether it deserves the full width of the page."""


@dataclass(frozen=True)
class _Bar:
    """One runtime in a chart of bars."""

    label: str
    figure: Figure | None
    """In the chart's unit."""
    colour: Colour
    beside: str
    """What is written at the bar's end."""


@dataclass(frozen=True)
class _Size:
    """The shape a chart is drawn in."""

    plot: int
    """Width of the plot itself, in pixels."""
    narrow: bool


_FULL, _HALF, _PHONE = _Size(740, False), _Size(270, False), _Size(310, True)


def missing() -> str | None:
    """One line on how to get charts where they can't be drawn; None where they can."""
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        return f"No charts in the page, as {error.name} is not installed: uv tool install 'ungil[html]' gets them"
    return None


def charts_of(trial: Trial) -> Iterator[Chart]:
    """Wall time, CPU time, peak memory and, where runtimes were tried at several widths, speed-up against width.

    Raises:
        ImportError: the extra ``html`` is not installed.
    """
    units = table.units_of(trial)
    shown = table.table_of(trial)
    for title, caption, field, unit in (
        ("Wall time", "A dot is a round, the line through them the spread of the median.", "wall_s", units[0]),
        ("CPU time", "Of the whole process tree.", "cpu_s", units[1]),
        ("Peak memory", "Of the whole process tree, shared pages counted once.", "peak_bytes", units[2]),
    ):
        bars = [_bar(row, line, field, unit) for row, line in zip(trial.rows, shown.lines, strict=True)]
        if any(bar.figure for bar in bars):
            today = next((bar.figure for bar, row in zip(bars, trial.rows, strict=True) if row.today), None)
            yield _bars(title, caption, bars, today, unit)
    yield from _speed_ups(trial)


# --- bars -----------------------------------------------------------------------------------------------------------


def _bar(row: Row, line: table.Line, field: str, unit: Unit) -> _Bar:
    label = _fit(f"{line.build.text} {line.model.text}" + (f" ×{row.workers}" if row.workers else ""))
    figure: Figure | None = getattr(row, field)
    if figure is None:
        return _Bar(label, None, "muted", row.status if row.status != "ok" else "not measured")
    beside = f"{numbers.median_of(figure, unit)} {unit.name}"
    against = {"wall_s": line.speed, "peak_bytes": line.memory}.get(field)
    if against and against.text != table.NOTHING and not row.today:
        beside += f", {against.text}"
    if field == "wall_s" and not row.reliable:
        beside += " ?"
    return _Bar(label, _scaled(figure, unit), _colour(row, against), beside)


def _colour(row: Row, against: table.Cell | None) -> Colour:
    if row.today:
        return "today"
    colours: dict[str, Colour] = {"good": "less", "bad": "more"}
    return colours.get(against.tone, "same") if against else "same"


def _scaled(figure: Figure, unit: Unit) -> Figure:
    median, low, high, *samples = (
        value / unit.size for value in (figure.median, figure.low, figure.high, *figure.samples)
    )
    return Figure(median, low, high, tuple(samples))


def _end(bar: _Bar) -> float:
    return max(bar.figure.high, *bar.figure.samples) if bar.figure else 0.0


def _bars(title: str, caption: str, bars: Sequence[_Bar], today: Figure | None, unit: Unit) -> Chart:
    described = f"{title} in {unit.name}: " + "; ".join(f"{bar.label}: {bar.beside}" for bar in bars)
    main = title == "Wall time"
    wide, narrow = (_svg(_draw_bars(bars, today, unit, size), described) for size in (_FULL if main else _HALF, _PHONE))
    return Chart(title, caption, wide, narrow, main)


def _draw_bars(bars: Sequence[_Bar], today: Figure | None, unit: Unit, size: _Size) -> altair.LayerChart:
    import altair as alt

    rows = [
        {
            "at": at,
            "label": bar.label,
            "median": bar.figure.median if bar.figure else 0,
            "low": bar.figure.low if bar.figure else 0,
            "high": bar.figure.high if bar.figure else 0,
            "end": _end(bar),
            "colour": COLOURS[bar.colour],
            "beside": bar.beside,
        }
        for at, bar in enumerate(bars)
    ]
    samples = [
        {"at": at, "sample": sample, "colour": COLOURS[bar.colour]}
        for at, bar in enumerate(bars)
        for sample in (bar.figure.samples if bar.figure else ())
    ]
    # Room at the right for what is written at the end of the longest bar, about 6.2 pixels a character.
    room = max(len(bar.beside) for bar in bars) * 6.2 + 14
    longest = max(_end(bar) for bar in bars) or 1
    domain = [0, longest * size.plot / max(size.plot - room, size.plot / 3)]
    y = alt.Y("at:O", axis=None, sort=None)
    x_axis = alt.Axis(title=unit.name, grid=True, tickCount=5 if size.plot < 400 else 8)

    def x(field: str) -> altair.X:
        return alt.X(f"{field}:Q", scale=alt.Scale(domain=domain, nice=False), axis=x_axis)

    colour = alt.Color("colour:N", scale=None)
    base = alt.Chart(alt.InlineData(rows)).encode(y=y)
    have = base.transform_filter("datum.end > 0")
    label_place: dict[str, Any] = (
        {"align": "left", "baseline": "bottom", "dy": -_BAR / 2 - 3} if size.narrow else {"align": "right", "dx": -8}
    )
    layers = [
        have.mark_bar(height=_BAR, opacity=0.28).encode(x=x("median"), color=colour),
        have.mark_rule(strokeWidth=2).encode(x=x("low"), x2="high", color=colour),
        have.mark_tick(thickness=2, size=_BAR + 4).encode(x=x("median"), color=colour),
        alt.Chart(alt.InlineData(samples)).mark_circle(size=18, opacity=0.75).encode(x=x("sample"), y=y, color=colour),
        base.mark_text(color=COLOURS["ink"], **label_place).encode(x=alt.value(0), text="label:N"),
        base.mark_text(align="left", dx=8, color=COLOURS["muted"]).encode(x=x("end"), text="beside:N"),
    ]
    if today:
        line = alt.Chart(alt.InlineData([{"today": today.median}]))
        layers.insert(
            0,
            line.mark_rule(strokeDash=[4, 3], strokeWidth=1, color=COLOURS["today"]).encode(x=x("today")),
        )
        layers.append(
            line.mark_text(baseline="bottom", dy=-4, color=COLOURS["today"]).encode(
                x=x("today"), y=alt.value(0), text=alt.value("today")
            )
        )
    # The reader's letters may be wider than those the drawing is laid out with.
    spare = 0 if size.narrow else max(len(bar.label) for bar in bars)
    drawn: altair.LayerChart = alt.layer(*layers).properties(
        width=size.plot,
        height=(40 if size.narrow else 26) * len(bars),
        padding={"left": 6 + spare, "right": 6, "top": 6, "bottom": 6},
    )
    return drawn


# --- speed-up against the number of workers -------------------------------------------------------------------------


def _speed_ups(trial: Trial) -> Iterator[Chart]:
    series: dict[str, list[dict[str, Any]]] = {}
    for row in trial.rows:
        ratio = table.ratio_of(row)
        if ratio and row.workers and row.wall_s and not row.today:
            variant = re.sub(r"^\d+ workers?(, )?", "", row.variant or "")
            label = _fit(f"{row.build} {row.model}" + (f", {variant}" if variant else ""))
            series.setdefault(label, []).append(
                {
                    "runtime": label,
                    "workers": row.workers,
                    "speed": 1 / ratio.median,
                    "low": 1 / ratio.high,
                    "high": 1 / ratio.low,
                }
            )
    several = {label: points for label, points in series.items() if len({point["workers"] for point in points}) > 1}
    if not several:
        return
    described = "Speed-up against today by number of workers: " + "; ".join(
        f"{label}: " + ", ".join(f"{point['workers']}: {point['speed']:.2f}x" for point in points)
        for label, points in several.items()
    )
    wide, narrow = (_svg(_draw_speed_ups(several, size), described) for size in (_FULL, _PHONE))
    yield Chart("Speed-up against the number of workers", "Above 1x is faster than today.", wide, narrow, main=True)


def _draw_speed_ups(series: dict[str, list[dict[str, Any]]], size: _Size) -> altair.LayerChart:
    import altair as alt

    points = [point for one in series.values() for point in one]
    widths = sorted({point["workers"] for point in points})
    labels = list(series)
    colours = [COLOURS[_SERIES[at % len(_SERIES)]] for at in range(len(labels))]
    legend = alt.Legend(orient="bottom", title=None, columns=1 if size.narrow else 3, symbolSize=80)
    base = alt.Chart(alt.InlineData(points)).encode(
        x=alt.X("workers:Q", axis=alt.Axis(title="workers", values=widths, format="d", grid=False)),
        color=alt.Color("runtime:N", scale=alt.Scale(domain=labels, range=colours), legend=legend),
    )
    axis = alt.Axis(title="times as fast as today", grid=True, tickCount=5)
    y = alt.Y("speed:Q", scale=alt.Scale(zero=True), axis=axis)
    shape = alt.Shape("runtime:N", scale=alt.Scale(domain=labels), legend=legend)
    one = alt.Chart(alt.InlineData([{"one": 1}]))
    drawn: altair.LayerChart = alt.layer(
        one.mark_rule(strokeDash=[4, 3], color=COLOURS["muted"]).encode(y=alt.Y("one:Q", axis=axis)),
        one.mark_text(align="left", baseline="bottom", dx=4, dy=-3, color=COLOURS["muted"]).encode(
            y=alt.Y("one:Q", axis=axis), x=alt.value(0), text=alt.value("today")
        ),
        base.mark_line(strokeWidth=2).encode(y=y),
        base.mark_rule(strokeWidth=1.5).encode(y=alt.Y("low:Q", axis=axis), y2="high"),
        base.mark_point(size=70, filled=True, opacity=1).encode(y=y, shape=shape),
    ).properties(width=size.plot, height=240, padding=6)
    return drawn


# --- to SVG ---------------------------------------------------------------------------------------------------------


def _svg(chart: altair.LayerChart, described: str) -> Markup:
    """The chart as an ``<svg>`` that scales with the page and reads as one picture with a description."""
    import vl_convert

    muted, grid = COLOURS["muted"], COLOURS["grid"]
    axis = {
        "labelColor": muted,
        "titleColor": muted,
        "gridColor": grid,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "format": "~r",
    }
    config = {
        "aria": False,  # the description of the whole says it; parts would be read out one by one
        "view": {"stroke": None},
        "axis": axis,
        "legend": {"labelColor": COLOURS["ink"], "labelFontSize": 12, "labelLimit": 0, "columnPadding": 32},
        "text": {"fontSize": 12},
    }
    spec = chart.properties(background="transparent").configure(**config).to_dict()
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec))
    ElementTree.register_namespace("", _SVG)
    width = root.attrib.pop("width")
    root.attrib.pop("height", None)
    root.attrib |= {"role": "img", "aria-label": _fit(described), "style": f"max-width:{width}px"}
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # ElementTree has escaped it


def _fit(text: str) -> str:
    return encodable(visible(text), "utf-8")

"""What a reader of the page gets."""

from __future__ import annotations

import html.parser
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ungil.document import from_json, to_json
from ungil.errors import UngilError
from ungil.report import charts
from ungil.report.html import page_of, write_html
from ungil.trial.result import Trial

Sample = Callable[[str], Trial]
VOID = {"meta", "br", "hr", "img", "input", "link"}

without_charts = pytest.mark.skipif(charts.missing() is not None, reason="needs the extra html")


class Page(html.parser.HTMLParser):
    """The text, tags and attributes of a page; fails where a tag is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and "svg" not in self.open:
            self.words.append(data)


def test_the_page_needs_nothing_but_itself(any_trial: Trial) -> None:
    page = page_of(any_trial)
    assert set(re.findall(r"https?://[^\s\"'<>)]+", page)) <= {"http://www.w3.org/2000/svg"}
    tags = Page(page).tags
    assert not {"script", "link", "img", "iframe", "object", "base"} & {tag for tag, _ in tags}
    names = {name for _, attributes in tags for name in attributes}
    assert not {"src", "href", "xlink:href", "srcset", "action"} & names
    assert not {name for name in names if name.startswith("on")}
    assert "@import" not in page and "url(" not in page


def test_everything_the_trial_says_is_on_the_page(any_trial: Trial) -> None:
    text = Page(page_of(any_trial)).text
    for row in any_trial.rows:
        assert f"{row.build} {row.model}" in text
        assert row.reason is None or row.reason in text
        assert row.output_path is None or row.output_path in text
        assert all(named.what in text for named in row.named)
        assert all(change.module in text and f"{change.path}:{change.line}" in text for change in row.gil_enabled_by)
        assert all(f"{pool.path}:{pool.line}" in text for pool in row.substituted)
    assert all(trade_off.sentence in text for trade_off in any_trial.trade_offs)
    assert all(note in text for note in any_trial.notes)
    for build in any_trial.builds:
        assert build.version and build.version in text
        assert build.compiler and build.compiler in text
        assert build.flags and build.flags in text
    if any_trial.verdict:
        assert any_trial.verdict.sentence in text
        assert all(reason in text for reason in any_trial.verdict.reasons)
        assert (any_trial.verdict.next or "") in text
    else:
        assert "None yet" in text


def test_a_page_from_the_json_document_is_the_same(sample: Sample) -> None:
    trial = sample("good")
    assert page_of(trial) == page_of(from_json(to_json(trial, program=trial.argv, build=None), Trial))


def test_what_comes_from_the_program_is_escaped(sample: Sample) -> None:
    trial = sample("broken_rows")
    evil = "<script>alert('x')</script>{{ 7 * 7 }}&amp;\x00\x1b[31m\udcff"
    today, *rest = trial.rows
    hostile = replace(today, build=evil, variant=evil, reason=evil)
    page = page_of(replace(trial, argv=(evil,), rows=(hostile, *rest), notes=(evil,)))
    assert "<script" not in page and "{{ 7 * 7 }}&amp;amp;" in page
    assert "\x00" not in page and "\x1b" not in page
    Page(page)


def test_tables_have_headings_for_columns_and_rows(sample: Sample) -> None:
    tags = Page(page_of(sample("good"))).tags
    scopes = [attributes.get("scope") for tag, attributes in tags if tag == "th"]
    assert scopes.count("row") == 2 * len(sample("good").rows) and scopes.count("col") == 9 + 6


@without_charts
def test_charts_are_well_formed_pictures_with_a_description(any_trial: Trial) -> None:
    drawn = list(charts.charts_of(any_trial))
    assert {"Wall time", "CPU time", "Peak memory"} <= {chart.title for chart in drawn}
    for chart in drawn:
        for svg in (chart.wide, chart.narrow):
            root = ElementTree.fromstring(svg)
            assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.get("role") == "img"
            assert root.get("viewBox") and chart.title.split()[0] in root.get("aria-label", "")
            ran = [row for row in any_trial.rows if row.wall_s]
            assert all(row.build in root.get("aria-label", "") for row in ran)


@without_charts
def test_every_round_is_a_point(sample: Sample) -> None:
    trial = sample("good")
    wall = ElementTree.fromstring(next(charts.charts_of(trial)).wide)
    marks = [mark for mark in wall.iter() if "mark-symbol" in mark.get("class", "")]
    assert sum(len(list(group)) for group in marks) == sum(len(row.wall_s.samples) for row in trial.rows if row.wall_s)


@without_charts
def test_every_colour_of_a_chart_has_a_dark_shade(any_trial: Trial) -> None:
    known = {*charts.COLOURS.values(), "none", "transparent"}
    for chart in charts.charts_of(any_trial):
        for element in ElementTree.fromstring(chart.wide).iter():
            shown = {element.get("fill"), element.get("stroke")} - {None}
            assert shown <= known


@without_charts
def test_speed_up_against_workers_is_drawn_where_there_are_several_widths(sample: Sample) -> None:
    titles = {name: [chart.title for chart in charts.charts_of(sample(name))] for name in ("good", "widths")}
    assert "Speed-up against the number of workers" in titles["widths"]
    assert "Speed-up against the number of workers" not in titles["good"]


def test_without_the_extra_the_page_has_no_charts_and_says_how_to_get_them(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = Page(page_of(sample("good")))
    assert "uv tool install 'ungil[html]'" in page.text
    assert "svg" not in {tag for tag, _ in page.tags}
    assert "vl_convert" in (charts.missing() or "")


def test_the_file_is_written_whole(sample: Sample, tmp_path: Path) -> None:
    write_html(sample("one_build"), str(tmp_path / "page.html"))
    assert os.listdir(tmp_path) == ["page.html"]
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page_of(sample("one_build"))


def test_an_unwritable_place_is_one_line(sample: Sample, tmp_path: Path) -> None:
    with pytest.raises(UngilError, match="there is no directory"):
        write_html(sample("one_build"), str(tmp_path / "missing" / "page.html"))

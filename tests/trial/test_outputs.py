"""When two runs put out the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ungil.errors import UngilError
from ungil.trial.outputs import Output, check_rule, collect, compare, how_to_compare

Printed = Callable[[str], Output]


@pytest.fixture
def printed(tmp_path: Path) -> Printed:
    def output(text: str) -> Output:
        path = tmp_path / "stdout"
        path.write_text(text)
        collected = collect("stdout", str(path), 0)
        assert collected is not None
        return collected

    return output


def test_a_program_that_repeats_itself_is_compared_byte_for_byte(printed: Printed) -> None:
    assert how_to_compare("stdout", [printed("a\nb\n"), printed("a\nb\n")]) == "bytes"


def test_one_whose_lines_change_places_is_compared_as_sorted_lines(printed: Printed) -> None:
    assert how_to_compare("stdout", [printed("a\nb\n"), printed("b\na\n")]) == "sorted-lines"


def test_one_that_differs_from_itself_is_not_compared(printed: Printed) -> None:
    how = how_to_compare("stdout", [printed("pid 1\n"), printed("pid 2\n")])
    assert how == "not-compared"
    assert compare(printed("pid 3\n"), printed("pid 1\n"), how) == "not-compared"


def test_the_same_lines_in_another_order_are_told_apart_from_the_same_bytes(printed: Printed) -> None:
    assert compare(printed("b\na\n"), printed("a\nb\n"), "bytes") == "sorted-lines"
    assert compare(printed("a\nb\n"), printed("a\nb\n"), "bytes") == "bytes"


def test_another_line_is_a_difference(printed: Printed) -> None:
    assert compare(printed("a\nc\n"), printed("a\nb\n"), "bytes") is None
    assert compare(printed("a\nb\nb\n"), printed("a\nb\n"), "sorted-lines") is None


def test_files_are_compared_by_name_and_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.out").write_text("1")
    first = collect("files:*.out", "", 0)
    Path("a.out").write_text("2")
    second = collect("files:*.out", "", 0)
    assert first is not None
    assert second is not None
    assert compare(second, first, "files") is None


def test_a_file_left_over_from_an_earlier_run_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.out").write_text("1")
    written = collect("files:*.out", "", 0)
    os.utime("a.out", ns=(1000, 1000))
    assert collect("files:*.out", "", 2000) != written


@pytest.mark.parametrize("rule", ["stderr", "files:", ""])
def test_an_unknown_rule_is_refused(rule: str) -> None:
    with pytest.raises(UngilError, match="must be stdout, none or files:GLOB"):
        check_rule(rule)

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ungil.report.progress import LineProgress, LiveProgress, progress
from ungil.trial.progress import Progress, Silent


def two_rounds(of: Progress) -> None:
    of.preparing("3.14t", "installing numpy")
    of.planned(4, 2)
    for round_ in (1, 2):
        for label in ("3.14 as-is", "3.14t [threads]"):
            of.running(label, round_, 2, "timed")
            of.finished(label, 0.5)
        of.time_left(90.0)
    of.running("3.14 as-is", 1, 1, "memory")


def test_a_log_gets_one_line_a_round(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Console(file=io.StringIO(), force_terminal=False)) as shown:
        assert isinstance(shown, LineProgress)
        two_rounds(shown)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "ungil: round 1 of 2",
        "ungil: round 2 of 2, about 1 min 30 s left",
        "ungil: memory round 1 of 1, about 1 min 30 s left",
    ]


def test_a_terminal_sees_row_round_count_and_time_left_and_is_left_clean() -> None:
    file = io.StringIO()
    with progress(Console(file=file, force_terminal=True, width=100)) as shown:
        assert isinstance(shown, LiveProgress)
        two_rounds(shown)
    text = file.getvalue()
    assert "round 2 of 2: 3.14t [threads]" in text
    assert "3.14t: installing numpy" in text
    assert "/4" in text
    assert "left" in text
    assert text.endswith("\x1b[1A\x1b[2K"), "the line is taken away when the trial is done"


def test_nobody_has_to_watch(capsys: pytest.CaptureFixture[str]) -> None:
    two_rounds(Silent())
    assert capsys.readouterr() == ("", "")

"""What a reader of the terminal sees."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from ungil.document import from_json, to_json
from ungil.launch.result import Named
from ungil.report.trial import print_trial
from ungil.trial.result import Trial

Sample = Callable[[str], Trial]
Printed = Callable[..., str]


def flat(text: str) -> str:
    """Without line breaks and indentation, as one reads it."""
    return " ".join(text.split())


@pytest.mark.parametrize("width", [40, 60, 80, 100, 130, 200])
def test_nothing_but_the_next_command_is_wider_than_the_console(any_trial: Trial, printed: Printed, width: int) -> None:
    lines = [line for line in printed(any_trial, width).splitlines() if not line.startswith("Next: ")]
    assert [line for line in lines if len(line) > width] == []


@pytest.mark.parametrize("width", [40, 80, 130])
def test_every_reason_number_and_sentence_is_there_in_full(any_trial: Trial, printed: Printed, width: int) -> None:
    text = printed(any_trial, width)
    # A path longer than a line is broken inside: only the white space may differ.
    whole = "".join(text.split())

    def seen(wanted: str) -> bool:
        return "".join(wanted.split()) in whole

    for row in any_trial.rows:
        assert seen(row.build) and seen(row.model)
        assert row.reason is None or seen(row.reason)
        assert row.output_path is None or seen(row.output_path)
    for trade_off in any_trial.trade_offs:
        assert seen(trade_off.sentence) and (trade_off.caveat is None or seen(trade_off.caveat))
    assert all(seen(note) for note in any_trial.notes)
    if any_trial.verdict:
        assert seen(any_trial.verdict.sentence) and all(map(seen, any_trial.verdict.reasons))
        assert any_trial.verdict.next is None or f"Next: {any_trial.verdict.next}\n" in text


def test_a_report_read_back_from_its_json_is_the_same(any_trial: Trial, printed: Printed) -> None:
    document = to_json(any_trial, program=any_trial.argv, build=None)
    assert printed(any_trial) == printed(from_json(document, Trial))


def test_a_file_gets_neither_colour_nor_boxes(any_trial: Trial, printed: Printed) -> None:
    text = printed(any_trial)
    assert "\x1b" not in text
    assert not set("│┃─━┏╭┌") & set(text)
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_a_terminal_gets_colour(sample: Sample) -> None:
    file = io.StringIO()
    print_trial(sample("good"), Console(file=file, width=100, force_terminal=True, color_system="standard"))
    assert "\x1b[1;32mMove to free threads" in file.getvalue()


def test_the_rows_say_how_they_stand_against_today(sample: Sample, printed: Printed) -> None:
    lines = printed(sample("good"), 130).splitlines()
    today = next(line for line in lines if line.startswith("3.14    as-is"))
    free = next(line for line in lines if line.startswith("3.14t   threads "))
    same = next(line for line in lines if line.startswith("3.14    processes"))
    once = next(line for line in lines if "initializer once" in line)
    assert today.split().count("today") == 2 and today.split()[-1] == "on"
    assert "1.04 ± 0.01" in free and "1.92x faster" in free and "−61 %" in free and free.split()[-1] == "off"
    assert same.split().count("same") == 2, "neither its time nor its memory differs beyond the noise"
    assert once.startswith("3.14t   threads, initializer once")


def test_a_width_that_has_its_column_is_not_said_twice(sample: Sample, printed: Printed) -> None:
    text = printed(sample("widths"))
    assert "8 workers" not in text.replace("asked for 8 workers", "")


def test_rows_that_did_not_run_say_so_where_the_time_would_be(sample: Sample, printed: Printed) -> None:
    lines = printed(sample("broken_rows")).splitlines()
    for status in ("failed", "timeout", "unavailable"):
        assert any(line.startswith("3.14") and f" {status} " in line for line in lines)


def test_a_long_reason_is_told_once_and_referred_to_after(sample: Sample, printed: Printed) -> None:
    text = flat(printed(sample("broken_rows")))
    assert text.count("needs lxml") == 1
    assert "unavailable: for the same reason as 3.14t as-is" in text


def test_a_gil_that_came_back_is_marked_and_its_module_and_line_named(sample: Sample, printed: Printed) -> None:
    text = flat(printed(sample("gil_on")))
    assert text.count("the GIL was turned back on by triton._C.libtriton") == 2
    assert "on !: a free-threaded build whose GIL was on" in text
    assert "Turned the GIL back on • train.py:57: triton._C.libtriton" in text


def test_what_was_named_stands_once_with_its_rows_and_long_lists_are_folded(sample: Sample, printed: Printed) -> None:
    text = flat(printed(sample("differs")))
    assert text.count("maxtasksperchild=10") == 1
    assert "words.py:80: maxtasksperchild=10: workers are not made anew [3.14 serial, threads]" in text
    assert "the global TOTAL_0: threads share it [threads]" in text
    assert "TOTAL_8" not in text and "… and 4 more, see --json" in text


def test_what_concerns_a_row_that_went_wrong_is_never_the_part_that_is_folded(sample: Sample, printed: Printed) -> None:
    trial = sample("differs")
    fine, *rest = trial.rows
    many = tuple(Named(f"harmless {n}", "words.py", n, "hint") for n in range(20))
    text = printed(replace(trial, rows=(replace(fine, named=many), *rest)))
    assert text.index("TOTAL_0") < text.index("… and")


def test_a_pool_is_told_once_with_every_width_it_got(sample: Sample, printed: Printed) -> None:
    text = flat(printed(sample("good")))
    assert (
        "• indexer.py:41: multiprocessing.Pool, asked for 8 workers → "
        "serial, 2 threads, 2 interpreters, 2 processes" in text
    )


def test_unreliable_rows_are_marked_and_say_what_disturbed_them(sample: Sample, printed: Printed) -> None:
    text = flat(printed(sample("busy")))
    assert "1.7 ± 0.2 ?" in text
    assert "work waited 1.7 s for a core, other processes used 2.6 s of CPU a run" in text


def test_a_trial_that_is_not_done_has_no_verdict(sample: Sample, printed: Printed) -> None:
    text = printed(sample("unfinished"))
    assert "Not complete" in text
    assert "None yet: the trial was not finished." in text


def test_a_trial_without_a_row_is_no_crash(sample: Sample, printed: Printed) -> None:
    assert "No runtime was tried." in printed(replace(sample("unfinished"), rows=()))


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(any_trial: Trial, printed: Printed, encoding: str) -> None:
    assert any_trial.rows[0].build in printed(any_trial, 80, encoding)


def test_ascii_keeps_the_meaning_of_signs(sample: Sample, printed: Printed) -> None:
    text = printed(sample("good"), 130, "ascii")
    assert "1.04 +/- 0.01" in text and "-61 %" in text and "-> serial" in text


def test_a_program_cannot_steer_the_terminal(sample: Sample, printed: Printed) -> None:
    trial = sample("broken_rows")
    today, failed, *rest = trial.rows
    hostile = "\x1b]0;owned\x07[red]bold[/red] \udcff line\nbreak :smile:"
    text = printed(replace(trial, argv=(hostile,), rows=(today, replace(failed, reason=hostile), *rest)))
    assert "\x1b" not in text and "\x07" not in text
    assert "failed: \\x1b]0;owned\\x07[red]bold[/red] ? line break :smile:" in text

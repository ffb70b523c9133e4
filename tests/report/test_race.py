"""What ``ungil race`` found, as text."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from ungil import document
from ungil.finding import Place
from ungil.race.result import Ended, Race
from ungil.report.race import command_again, print_race

from .. import races

WIDTHS = (40, 80, 132)
each = pytest.mark.parametrize("made", races.SAMPLES, ids=lambda make: make.__name__)
Made = Callable[[], Race]


def printed(race: Race, width: int = 80, notes: bool = False, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    print_race(race, Console(file=file, width=width, color_system=None, force_terminal=False), notes)
    return raw.getvalue().decode(encoding)


def with_place(**facts: object) -> Race:
    place = Place(**{"path": "a.py", "line": 3, **facts})  # type: ignore[arg-type]  # the test's own shorthand
    return races.race(races.finding("UNG301", "m", place))


def marked(text: str) -> list[str]:
    """Each marked line and the marks under it, without the numbers before."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if "^" in line)
    return [line.split("| ", 1)[1] for line in lines[at - 1 : at + 1]]


@each
@pytest.mark.parametrize("notes", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_read_back_from_its_json_it_looks_the_same(made: Made, width: int, notes: bool) -> None:
    race = made()

    again = document.from_json(document.to_json(race, program=race.argv, build=race.build), Race)

    assert again == race
    assert printed(again, width, notes) == printed(race, width, notes)


@each
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_console_but_what_is_copied(made: Made, width: int) -> None:
    lines = printed(made(), width, notes=True).splitlines()

    wide = [line for line in lines if cell_len(line) > width]
    # A command, a traceback and the program's own words stay in one piece.
    assert [line for line in wide if "again: ungil race" not in line and not line.startswith("    ")] == []
    assert all(line == line.rstrip() for line in lines)


@each
def test_not_on_a_terminal_there_are_no_control_characters(made: Made) -> None:
    assert "\x1b" not in printed(made(), notes=True)


@each
def test_markup_in_the_source_is_text(made: Made) -> None:
    race = made()
    text = printed(race, 132)

    for finding in race.findings:
        for place in finding.places:
            if place.snippet is not None and len(place.snippet) < 100:
                assert place.snippet.strip().replace("\t", "    ") in text


@each
def test_an_encoding_without_the_characters_is_no_error(made: Made) -> None:
    assert printed(made(), notes=True, encoding="ascii").isascii()


def test_a_finding_has_all_that_proves_it() -> None:
    text = printed(races.one(), 132)

    for line in (
        "error[UNG301] lost-update, confirmed: an update of Account.balance is lost: Thread-1 read 41, Thread-2 made",
        "  A value is computed from an older one and stored after another thread has stored its own, which is lost.",
        "  --> bank.py:12:9, in Account.deposit",
        "12 |         self.balance += amount  # [bold]not[/bold]",
        "   |         ^^^^^^^^^^^^ Thread-1 (work) reads 41, then writes 42, holding no lock",
        "   |         ------------ Thread-2 (work) writes 42 in between, holding lock audit (bank.py:4), taken at",
        "   = confirmed: one update is lost (in 3 of 3 runs, schedule: force, seed 7)",
        "       1. Thread-1 (work) reads 41 (bank.py:12)",
        "       2. Thread-2 (work) reads and writes 42 (bank.py:12)",
        "   = stack of Thread-1 (work) and Thread-2 (work), innermost first:",
        "       bank.py:31 in work",
        "   = attribute Account.balance was made at: bank.py:40 in <module>",
        "   = cause: No lock is held on either side.",
        "   = fix: Hold one lock from the read to the store",
        "   = again: ungil race --python 3.14t --replay 'races/301 a.json' bank.py --accounts 3",
        "• left to itself, the program ended with exit status 0 after 0.043 s",
    ):
        assert line in text
    explored = " ".join(text[text.index("Explored") :].split())
    assert "Of 9 windows in which another thread would do harm, 9 tried, 7 entered." in explored
    assert (
        "A bug that needs 3 ordering constraints would have been met by PCT with a probability of at least 0.87."
        in explored
    )
    assert text.count("12 |") == 1, "two places on one line share it"


def test_a_clean_result_says_what_was_explored() -> None:
    text = printed(races.clean())

    assert "No schedule that was run broke the program." in text
    assert "known and not shown: 1 by a comment" in text
    assert "78 runs in 6.1 s" in text


def test_a_result_that_is_not_whole_says_so() -> None:
    text = " ".join(printed(races.many()).split())

    assert "Not complete: it was stopped before everything planned was run (--budget)." in text
    assert "Not under control, so that nothing is said about them: • thread Dummy-1, which C code started" in text
    assert "3 confirmed findings, 1 possible." in text
    assert "plain Python core (no C core could be had: slower)" in text


def test_notes_are_shown_when_asked_for() -> None:
    assert "see --notes" in printed(races.many())
    assert "stop is set by one thread" not in printed(races.many())
    assert "note[UNG301]: stop is set by one thread and read by others: a flag" in printed(races.many(), notes=True)
    assert "see --notes" not in printed(races.many(), notes=True)


def test_a_deadlock_shows_the_circle_and_every_wait() -> None:
    text = printed(races.killed())

    assert "in a circle: Thread-1 → lock target → Thread-2 → lock source → Thread-1" in text
    assert "Thread-1 waits for lock target, holding lock source" in text
    assert "Thread-2 waits for lock source, holding lock target" in text
    assert "… 10 more, see --json" in text
    assert "the program was ended by signal 11 (SIGSEGV)" in text


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Ended(3), "ended with exit status 3"),
        (Ended(None, signal=300), "was ended by signal 300"),
        (Ended(None, timed_out=True, wall_s=90), "had not ended after 1 min 30 s and was stopped"),
    ],
)
def test_how_the_program_ended(ended: Ended, said: str) -> None:
    assert said in printed(races.race(program=ended))


def test_tabs_and_wide_characters_stand_over_their_marks() -> None:
    source, marks = marked(printed(with_place(column=6, end_column=9, snippet="\tx = '键' + y.n")))

    assert source == "    x = '键' + y.n"
    assert marks.startswith(" " * 9 + "^^^"), "the tab is four wide, what comes before the place is five"
    source, marks = marked(printed(with_place(column=10, end_column=13, snippet="\tx = '键' + y.n")))
    assert marks.index("^") == cell_len("    x = '键' +")


def test_control_characters_of_the_source_do_not_reach_the_terminal() -> None:
    source, marks = marked(printed(with_place(column=4, end_column=5, snippet="'\x1b[2J'+x")))

    assert source == "'\\x1b[2J'+x"
    assert marks.index("^") == source.index("J")


@pytest.mark.parametrize("width", [30, 60, 80])
def test_of_a_long_line_the_marked_part_is_shown(width: int) -> None:
    line = "x = " + "键" * 90 + " + shared.n + " + "z" * 90
    column = line.index("shared")

    source, marks = marked(printed(with_place(column=column, end_column=column + 8, snippet=line), width))

    assert "shared.n" in source
    assert cell_len(source[: source.index("shared")]) == marks.index("^")
    assert source.startswith("…")
    assert source.endswith("…")


@pytest.mark.parametrize(
    "facts",
    [
        {"column": 99, "end_column": 120},
        {"column": 4, "end_column": 2},
        {"column": 0, "end_line": 9, "end_column": 1},
        {"column": None},
        {"snippet": ""},
        {"snippet": "", "column": 3, "end_column": 9},
        {"snippet": None, "column": 3},
        {"line": 1, "before": ("a", "b")},
    ],
)
def test_a_place_that_does_not_fit_its_line_is_shown_all_the_same(facts: dict[str, object]) -> None:
    assert "a.py:" in printed(with_place(**{"snippet": "x = y", **facts}))


def test_places_far_apart_or_in_other_files_have_excerpts_of_their_own() -> None:
    def place(line: int, path: str = "a.py") -> Place:
        return Place(path, line, 0, f"is {line}", "T", "x", before=("b",), after=("c",))

    text = printed(races.race(races.finding("UNG302", "m", place(10), place(30), place(13), place(10, "b.py"))))

    assert [line.strip() for line in text.splitlines() if "-->" in line or ":::" in line] == [
        "--> a.py:10:1",
        "::: a.py:30:1",
        "::: b.py:10:1",
    ]
    assert "is 13" in text


def test_locks_that_are_not_known_are_not_called_none() -> None:
    assert "holding" not in printed(with_place(thread="T", role="reads", snippet="x"))


def test_the_command_that_shows_it_again() -> None:
    race = races.one()
    finding = race.findings[0]
    by_seed = replace(finding, evidence={"seed": 3})

    assert command_again(race, finding) == (
        "ungil race --python 3.14t --replay 'races/301 a.json' bank.py --accounts 3"
    )
    assert command_again(replace(race, module=True, argv=("bank",)), by_seed) == (
        "ungil race --python 3.14t --seed 3 -m bank"
    )
    assert (
        command_again(race, replace(finding, evidence={})) == "ungil race --python 3.14t --seed 7 bank.py --accounts 3"
    )
    assert command_again(replace(race, seed=None), replace(finding, evidence={})) is None

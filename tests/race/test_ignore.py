"""What is known already: comments, baseline files, and what a finding is recognised by."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ungil.errors import UngilError
from ungil.finding import Finding, Frame, Place, Subject, fingerprint
from ungil.race.ignore import baseline_of, check_baseline, without_ignored, without_known
from ungil.race.result import Race, Suppressed
from ungil.race.settle import settled

from .. import races

SOURCE = """\
import threading
class Counter:
    def __init__(self):
        self.n = 0
    def add(self):
        self.n += 1{here}
        text = "# ungil: ignore[UNG301]"
    async def more(self,
                   by):
        self.n += by
n = Counter()
"""
Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the program; returns its folder."""

    def to_disk(source: str) -> str:
        (tmp_path / "counter.py").write_text(source, encoding="utf-8")
        return str(tmp_path)

    return to_disk


def found(folder: str, *lines: int, code: str = "UNG301") -> Race:
    """One finding with a place on each of the lines."""
    places = (Place(f"{folder}/counter.py", line, 8, function="Counter.add") for line in lines)
    return settled(races.race(races.finding(code, "m", *places, fingerprint="")), folder)


def ignored(folder: str, *lines: int, code: str = "UNG301") -> Suppressed | None:
    race = without_ignored(found(folder, *lines, code=code), folder)
    assert len(race.findings) + len(race.suppressed) == 1
    return race.suppressed[0] if race.suppressed else None


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("# ungil: ignore[UNG301]", None),
        ("# ungil: ignore[UNG301] one thread only", "one thread only"),
        ("#ungil:ignore[UNG301]: one [thread] only", "one [thread] only"),
        ("# ungil: ignore[UNG305, UNG301] – both", "both"),
        ("# ungil: ignore[UNG3xx]", None),
        ("# ungil: ignore[UNGXXX]", None),
        ("# ungil: ignore[lost-update] by its name", "by its name"),
        ("# noqa: E501 # ungil: ignore[UNG301] after another", "after another"),
        ("# ungil: ignore[nonsense, UNG301]", None),
    ],
)
def test_a_comment_on_the_line(write: Write, comment: str, reason: str | None) -> None:
    folder = write(SOURCE.format(here=f"  {comment}"))

    suppressed = ignored(folder, 6)

    assert suppressed is not None
    assert (suppressed.by, suppressed.where, suppressed.reason) == ("comment", "counter.py:6", reason)


@pytest.mark.parametrize(
    "comment",
    [
        "# ungil: ignore[UNG302]",
        "# ungil: ignore[UNG31x]",
        "# ungil: ignore",
        "# ungil ignore[UNG301]",
        "# ignore[UNG301]",
    ],
)
def test_a_comment_that_does_not_mean_it(write: Write, comment: str) -> None:
    assert ignored(write(SOURCE.format(here=f"  {comment}")), 6) is None


def test_any_side_of_the_finding_will_do(write: Write) -> None:
    folder = write(SOURCE.format(here="  # ungil: ignore[UNG301]"))

    assert ignored(folder, 4, 10, 6) is not None
    assert ignored(folder, 4, 10) is None


def test_the_line_above_must_be_a_comment_alone(write: Write) -> None:
    alone = SOURCE.format(here="").replace(
        "        self.n += by", "        # ungil: ignore[UNG301] why\n        self.n += by"
    )

    assert ignored(write(alone), 11) is not None
    assert ignored(write(SOURCE.format(here="  # ungil: ignore[UNG301]")), 7) is None


def test_words_in_a_string_are_no_comment(write: Write) -> None:
    assert ignored(write(SOURCE.format(here="")), 7) is None


@pytest.mark.parametrize(
    ("line", "covered"),
    [("    def add(self):", (6, 7)), ("class Counter:", (4, 6, 10)), ("                   by):", (10,))],
)
def test_at_a_def_or_class_it_holds_for_all_of_it(write: Write, line: str, covered: tuple[int, ...]) -> None:
    folder = write(SOURCE.format(here="").replace(line, f"{line}  # ungil: ignore[UNG301] by design"))

    assert [number for number in range(1, 12) if number > 2 and ignored(folder, number)] == [
        number for number in range(3, 12) if number in covered or _inside(line, number)
    ]


def _inside(line: str, number: int) -> bool:
    return number in {"    def": range(5, 8), "class C": range(2, 11)}.get(line[:7], range(8, 11))


def test_for_the_whole_file(write: Write) -> None:
    folder = write("# ungil: ignore-file[UNG301] generated\n" + SOURCE.format(here=""))

    assert ignored(folder, 7) is not None
    assert ignored(folder, 7, code="UNG302") is None


def test_the_lines_of_a_statement_that_goes_on(write: Write) -> None:
    folder = write("f(\n    n.n,  # ungil: ignore[UNG301]\n)\n")
    place = Place("counter.py", 1, 0, end_line=3, end_column=1)

    race = without_ignored(races.race(races.finding("UNG301", "m", place)), folder)

    assert race.findings == ()


def test_a_comment_that_ignores_nothing_is_told(write: Write) -> None:
    folder = write(SOURCE.format(here="  # ungil: ignore because").replace("= 0", "= 0  # ungil: ignore[UNG3]"))

    race = without_ignored(found(folder, 6, 4), folder)

    assert race.remarks == (
        "counter.py:4: the comment names UNG3, which is no code, as UNG301 or UNG3xx would be",
        "counter.py:6: this comment ignores nothing: it names no code, as in 'ignore[UNG301] why'",
    )


@pytest.mark.parametrize("source", [None, "x = (\n# ungil: ignore[UNG301]\n", "\x00", "# coding: nonsense\n"])
def test_a_file_that_cannot_be_read_as_python_is_no_error(write: Write, tmp_path: Path, source: str | None) -> None:
    folder = write(source) if source is not None else str(tmp_path)

    ignored(folder, 2)


def test_the_encoding_of_the_file_counts(tmp_path: Path) -> None:
    text = "# coding: latin-1\nx = 'ü'  # ungil: ignore[UNG301] größer\n"
    (tmp_path / "counter.py").write_bytes(text.encode("latin-1"))

    suppressed = ignored(str(tmp_path), 2)

    assert suppressed is not None
    assert suppressed.reason == "größer"


def test_the_fingerprint_outlives_other_lines_and_spacing(write: Write) -> None:
    before = found(write(SOURCE.format(here="")), 6).findings[0]
    moved = "# a line\n\n" + SOURCE.format(here="  # a comment").replace("self.n += 1", "self.n  +=  1")
    after = found(write(moved), 8).findings[0]

    assert after.places[0].line != before.places[0].line
    assert after.fingerprint == before.fingerprint != ""


def test_the_fingerprint_is_that_of_the_code_the_place_and_the_subject() -> None:
    place = Place("/p/a.py", 3, snippet="    x.n += 1", function="f")
    finding = races.finding("UNG301", "m", place, subject=Subject("attribute", "A.n"))

    def with_(**facts: object) -> Finding:
        return replace(finding, places=(replace(place, **facts),))  # type: ignore[arg-type]  # the test's shorthand

    same = fingerprint(finding, "/p")
    assert fingerprint(with_(path="a.py"), "/p") == same
    assert fingerprint(replace(finding, places=(place, Place("b.py", 9))), "/p") == same, "the other side may vary"
    assert fingerprint(replace(finding, message="41 instead of 42"), "/p") == same
    others = [
        replace(finding, code="UNG302"),
        replace(finding, subject=Subject("attribute", "A.m")),
        replace(finding, subject=None),
        with_(path="/p/b.py"),
        with_(path="/q/a.py"),
        with_(function="g"),
        with_(snippet="    x.n += 2"),
        with_(snippet="    x.n += 'a b'"),
    ]
    assert len({same, *(fingerprint(other, "/p") for other in others)}) == len(others) + 1


def test_the_fingerprint_has_no_address_nor_key_nor_order_of_like_sides() -> None:
    def item(name: str, kind: str = "item") -> str:
        return fingerprint(races.finding("UNG302", "m", Place("a.py", 1), subject=Subject(kind, name)), "/p")

    assert item("d['a']") == item("d['b']") != item("e['a']")
    assert item("<A at 0x7f01>", "attribute") == item("<A at 0x7fff>", "attribute")
    deadlock = races.deadlock()
    turned = replace(deadlock, places=deadlock.places[::-1])
    assert fingerprint(deadlock, "/p") == fingerprint(turned, "/p")


@pytest.mark.parametrize("snippet", ["    if (x.n and", "    'abc", "    x = $", '"""', "", "   "])
def test_a_line_that_is_no_statement_has_a_fingerprint(snippet: str) -> None:
    finding = races.finding("UNG301", "m", Place("a.py", 1, snippet=snippet))
    padded = races.finding("UNG301", "m", Place("a.py", 1, snippet=f"  {snippet}  "))

    assert fingerprint(finding, "/p") == fingerprint(padded, "/p")


def test_a_baseline_hides_what_it_has(tmp_path: Path) -> None:
    race = races.race(races.lost_update(), races.check_then_act())
    baseline = tmp_path / "races.json"
    baseline.write_text(baseline_of(race.findings[:1], race.cwd))

    left = without_known(race, str(baseline), race.cwd)

    assert left.findings == race.findings[1:]
    assert left.suppressed == (Suppressed(race.findings[0], "baseline", str(baseline)),)


def test_a_baseline_is_made_for_version_control(tmp_path: Path) -> None:
    before = tmp_path / "races.json"
    before.write_text(baseline_of([races.lost_update()], "/p"))

    text = baseline_of([races.check_then_act(), races.lost_update()], "/p", str(before))

    known = json.loads(text)["known"]
    assert [entry["code"] for entry in known] == ["UNG301", "UNG302"], "what did not show this time is kept, each once"
    assert baseline_of([races.lost_update(), races.check_then_act()], "/p") == text
    assert '"line"' not in text
    assert text.endswith("\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot read the baseline"),
        ("", "is no baseline"),
        ("[]", "is no baseline"),
        ('{"schema": 1, "known": [{}]}', "is no baseline"),
        ('{"schema": 1, "known": 3}', "is no baseline"),
        ('{"schema": 2, "known": []}', "has schema 2"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "races.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(UngilError, match=said):
        check_baseline(str(path))


def test_paths_are_shown_from_the_working_directory(write: Write) -> None:
    folder = write(SOURCE.format(here=""))
    outside, strange = Frame("/usr/lib/x.py", 1), Frame("<frozen runpy>", 2)
    place = Place(f"{folder}/counter.py", 6, 8, stack=(Frame(f"{folder}/counter.py", 6), outside, strange))
    subject = Subject("attribute", "Counter.n", Frame(f"{folder}/counter.py", 4))

    race = settled(races.race(races.finding("UNG301", "m", place, subject=subject)), folder)

    (shown,) = race.findings[0].places
    assert (shown.path, shown.snippet) == ("counter.py", "        self.n += 1")
    assert (shown.before, shown.after[:1]) == (
        ("        self.n = 0", "    def add(self):"),
        ('        text = "# ungil: ignore[UNG301]"',),
    )
    assert [frame.path for frame in shown.stack] == ["counter.py", "/usr/lib/x.py", "<frozen runpy>"]
    assert race.findings[0].subject == Subject("attribute", "Counter.n", Frame("counter.py", 4))
    assert (race.cwd, race.program.command) == (folder, "bank.py --accounts 3")

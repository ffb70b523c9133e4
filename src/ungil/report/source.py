"""Source lines with marks under them: places of one file that are close together share an excerpt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from ungil.finding import Place
from ungil.report.text import encodable, visible
from ungil.report.writer import Writer

TAB = 4
LEAST = 24
"""Cells a label gets beside its mark; where there are fewer it goes below."""
LEAD = 8
"""Cells kept before the first mark where a line is too long to be shown from its start."""

RULE, MAIN, OTHER = "blue", "bold red", "bold cyan"


@dataclass(frozen=True)
class Mark:
    """A place, and what to write beside it."""

    place: Place
    label: str
    main: bool


@dataclass(frozen=True)
class Excerpt:
    """Neighbouring lines of one file."""

    path: str
    lines: dict[int, str]
    """Empty where the source is not known."""
    marks: tuple[Mark, ...]

    def touches(self, other: Excerpt) -> bool:
        if self.path != other.path or not self.lines or not other.lines:
            return False
        return min(self.lines) <= max(other.lines) + 1 and min(other.lines) <= max(self.lines) + 1

    def joined(self, other: Excerpt) -> Excerpt:
        return Excerpt(self.path, {**other.lines, **self.lines}, self.marks + other.marks)


def excerpts(marks: Iterable[Mark]) -> list[Excerpt]:
    """As few as the places allow, in the order of the first place of each."""
    found: list[Excerpt] = []
    for mark in marks:
        new = Excerpt(mark.place.path, _lines(mark.place), (mark,))
        # The new one may close the gap between two.
        touched = [known for known in found if known.touches(new)]
        if not touched:
            found.append(new)
            continue
        first, *others = touched
        whole = first
        for other in (*others, new):
            whole = whole.joined(other)
        found = [whole if known is first else known for known in found if known not in others]
    return found


def gutter(shown: Iterable[Excerpt]) -> int:
    """Width of the line numbers of all of ``shown``."""
    return max((len(str(number)) for excerpt in shown for number in excerpt.lines), default=1)


def location(place: Place) -> str:
    """``file:line:column``, the column from 1 as editors have it."""
    column = "" if place.column is None else f":{place.column + 1}"
    return f"{place.path}:{place.line}{column}"


class SourceWriter(Writer):
    """Writes excerpts behind a rule of line numbers."""

    def excerpt(self, excerpt: Excerpt, wide: int, arrow: str) -> Iterator[Text]:
        first = excerpt.marks[0].place
        where = f", in {first.function}" if first.function else ""
        yield Text.assemble((" " * wide + arrow + " ", RULE), self.say(location(first) + where))
        if not excerpt.lines:
            for mark in excerpt.marks:
                yield from self.label(mark, 0, 0, wide)
            return
        yield Text(" " * wide + " |", RULE)
        room = self.room(wide)
        lines = {number: _Cells(line, self.console.encoding) for number, line in sorted(excerpt.lines.items())}
        spans = [(mark, *lines[mark.place.line].span(mark.place)) for mark in excerpt.marks]
        offset = 0
        if any(end > room for _, _, end in spans):
            longest = max(lines[mark.place.line].width for mark, _, _ in spans)
            offset = max(0, min(longest - room, *(start - LEAD for _, start, _ in spans)))
        for number, line in lines.items():
            yield _stripped(Text.assemble((f"{number:>{wide}} | ", RULE), line.window(offset, room)))
            for mark, start, end in spans:
                if mark.place.line == number:
                    yield from self.label(mark, start - offset, min(end, offset + room) - start, wide)
        yield Text(" " * wide + " |", RULE)

    def label(self, mark: Mark, indent: int, length: int, wide: int) -> Iterator[Text]:
        """The mark under its source and the label beside it or, where there is little room, below."""
        style = MAIN if mark.main else OTHER
        rule, room = (" " * wide + " | ", RULE), self.room(wide)
        indent = min(indent, room - 1)
        sign = ("^" if mark.main else "-") * max(length, 1 if length else 0)
        text = self.say(mark.label, style)
        beside = indent + len(sign) + bool(sign)
        if room - beside < min(LEAST, text.cell_len):
            yield Text.assemble(rule, " " * indent, (sign[: room - indent], style))
            beside = max(0, min(indent, room - 2 * LEAST))
            sign = ""
        for at, line in enumerate(text.wrap(self.console, max(room - beside, LEAST), overflow="fold")):
            line.rstrip()
            lead = (" " * indent + sign).ljust(beside) if at == 0 and sign else " " * beside
            yield Text.assemble(rule, (lead, style), line)

    def room(self, wide: int) -> int:
        """Cells behind the rule."""
        return max(self.console.width - wide - 3, LEAST)


class _Cells:
    """A source line in the cells of a console."""

    def __init__(self, line: str, encoding: str) -> None:
        self._ellipsis = encodable("…", encoding)
        self._cells: list[str] = []
        """What each shows; nothing in the second one of a wide character."""
        self._starts: list[int] = []
        """At which one each character of the line begins."""
        self._line = line
        for character in line:
            self._starts.append(len(self._cells))
            if character == "\t":
                self._cells += " " * (TAB - len(self._cells) % TAB)
                continue
            for piece in encodable(visible(character), encoding):
                width = cell_len(piece)
                if width == 0 and self._cells:
                    self._cells[-1] += piece  # a combining one
                else:
                    self._cells += [piece, ""] if width == 2 else [piece]
        self._starts.append(len(self._cells))

    @property
    def width(self) -> int:
        return len(self._cells)

    def span(self, place: Place) -> tuple[int, int]:
        """First cell of the place, and the one behind its last; of the whole line where no column is known."""
        last = len(self._line.rstrip())
        start = len(self._line) - len(self._line.lstrip()) if place.column is None else place.column
        end = last
        if place.column is not None and place.end_column is not None and place.end_line in (None, place.line):
            end = place.end_column
        start = min(start, last)
        end = min(max(end, start), len(self._line))
        return self._starts[start], max(self._starts[end], self._starts[start] + 1)

    def window(self, offset: int, room: int) -> str:
        """``room`` cells from ``offset`` on, with a sign at an end where there is more."""
        shown = self._cells[offset : offset + room]
        wide = len(self._ellipsis)
        if offset and shown:
            shown[:wide] = self._ellipsis
        if len(self._cells) > offset + room:
            if shown[-wide] == "":
                shown[-wide - 1] = " "
            shown[-wide:] = self._ellipsis
        return "".join(shown)


def _lines(place: Place) -> dict[int, str]:
    if place.snippet is None:
        return {}
    lines = (*place.before, place.snippet, *place.after)
    return dict(enumerate(lines, place.line - len(place.before)))


def _stripped(text: Text) -> Text:
    text.rstrip()
    return text

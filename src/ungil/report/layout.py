"""A table whose rows may have notes: full-width lines under the row, which no column could hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.style import Style
from rich.text import Text


@dataclass(frozen=True)
class Column:
    """One column: its heading in up to two lines, shorter words for where there is little room, its alignment."""

    head: tuple[str, str]
    short: tuple[str, str]
    side: Literal["left", "right"] = "left"
    wraps: bool = False
    """Whether its cells may be broken over several lines where there is little room."""


@dataclass(frozen=True)
class Entry:
    """One row: a cell a column, and its notes."""

    cells: Sequence[Text]
    notes: Sequence[Text]


NARROWEST = 12
"""A column that wraps gets at least this many characters."""


def indented(text: Text, margin: int, console: Console, mark: str = "") -> Text:
    """``text`` wrapped to the console behind a margin whose first line holds ``mark``."""
    whole = Text()
    for at, line in enumerate(_wrap(text, max(console.width - margin, NARROWEST), console)):
        whole.append("\n" if at else "")
        whole.append(" " * margin if at else mark.ljust(margin))
        whole.append_text(line)
    return whole


def lay_out(columns: Sequence[Column], entries: Sequence[Entry], console: Console) -> Iterator[Text]:
    """The lines of the table, or nothing where it does not fit into the console at any density."""
    for gap, short in ((3, False), (2, False), (2, True), (1, True)):
        heads = [column.short if short else column.head for column in columns]
        widths = _widths(heads, entries)
        if _total(widths, gap) <= console.width:
            break
    else:
        spare = console.width - _total(widths, gap)
        widths = [max(NARROWEST, w + spare) if c.wraps else w for w, c in zip(widths, columns, strict=True)]
        if _total(widths, gap) > console.width:
            return
    for line in (0, 1):
        style = Style(dim=True, underline=line == 1 and console.is_terminal)
        yield from _line([Text(head[line], style) for head in heads], columns, widths, gap, console, style)
    for entry in entries:
        yield from _line(entry.cells, columns, widths, gap, console)
        for note in entry.notes:
            yield indented(note, widths[0] + gap, console)


def _widths(heads: Sequence[tuple[str, str]], entries: Sequence[Entry]) -> list[int]:
    cells = ([Text(part) for part in head] + [entry.cells[at] for entry in entries] for at, head in enumerate(heads))
    return [max(cell.cell_len for cell in column) for column in cells]


def _total(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1)


def _line(
    cells: Sequence[Text],
    columns: Sequence[Column],
    widths: Sequence[int],
    gap: int,
    console: Console,
    style: Style | None = None,
) -> Iterator[Text]:
    """The one or more printed lines of a row."""
    wrapped = [_wrap(cell, width, console) for cell, width in zip(cells, widths, strict=True)]
    for at in range(max(len(parts) for parts in wrapped)):
        line = Text()
        for number, (parts, column, width) in enumerate(zip(wrapped, columns, widths, strict=True)):
            cell = parts[at] if at < len(parts) else Text()
            space = " " * (width - cell.cell_len)
            line.append(" " * gap if number else "", style)
            line.append(space if column.side == "right" else "", style)
            line.append_text(cell)
            line.append(space if column.side == "left" else "", style)
        if not (style and style.underline):
            line.rstrip()
        yield line


def _wrap(text: Text, width: int, console: Console) -> list[Text]:
    """``text`` in lines of at most ``width``, broken inside a word only where it is longer than a line."""
    lines = list(text.wrap(console, width, overflow="fold"))
    for line in lines:
        line.rstrip()
    return lines

"""Lines of a report for one console: its width, its characters, nothing in them that steers the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from ungil.report.layout import indented
from ungil.report.text import encodable, visible


class Writer:
    """Makes the lines; every text of the user's program or machine goes through :meth:`say`."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def say(self, text: str, style: str = "") -> Text:
        return Text(encodable(visible(text), self.console.encoding), style)

    def wrapped(self, text: str, style: str = "", margin: int = 0) -> Text:
        return indented(self.say(text, style), margin, self.console)

    def bullet(self, text: str) -> Text:
        return indented(self.say(text), 2, self.console, encodable("•", self.console.encoding))

    def title(self, text: str) -> Iterator[Text]:
        yield Text()
        yield self.wrapped(text, "bold underline" if self.console.is_terminal else "")


def write(lines: Iterable[Text], console: Console) -> None:
    """The lines are broken already; what is still too wide for the console is the reader's to have all the same."""
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)

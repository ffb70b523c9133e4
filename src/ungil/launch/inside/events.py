"""How the inside is asked and how it answers."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from typing import TypedDict

    class Request(TypedDict):
        """What the tool asks of the inside: a Python literal, in ASCII, in the variable ``UNGIL_INSIDE``."""

        pythonpath: str | None
        """The user's own; None: not set."""
        events: str | None
        """File that the events are appended to; None: told in words on standard error."""
        quiet: bool
        main: bool
        """Whether this is the program's main process (and its main interpreter)."""
        model: str
        workers: int | None
        initializer: str


Event = dict[str, object]

# Bound now: programs (and their tests) replace these functions.
_open, _write, _close = os.open, os.write, os.close


class Events:
    """Where events go: a file of JSON lines, or standard error."""

    def __init__(self, request: Request) -> None:
        self._path = request["events"]
        self._silent = self._path is None and request["quiet"]
        self._main = request["main"]

    def notify(self, event: Event) -> None:
        """Tell it at once, in one write, so that nothing is lost when the process is ended in the next moment.

        The file is opened for each event: programs close descriptors they do not know. Never raises.
        """
        if self._silent:
            return
        try:
            if self._path is not None:
                # Not created: when the tool has gone, nothing of it is to come back.
                descriptor = _open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
                try:
                    _write(descriptor, (to_json(event) + "\n").encode())
                finally:
                    _close(descriptor)
            elif (text := self._in_words(event)) is not None:
                _write(2, f"ungil: {text}\n".encode(errors="backslashreplace"))
        except OSError:
            pass  # a full disk, a closed standard error, another root folder: the program goes on

    def _in_words(self, event: Event) -> str | None:
        from ungil.launch.inside.words import in_words

        return in_words(event) if self._main or event["event"] == "gil" else None


def to_json(value: object) -> str:
    """JSON of plain values. The module ``json`` costs milliseconds, and the program may bring one of its own."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_json(str(key))}: {to_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(to_json, value)) + "]"
    return '"' + "".join(map(_escaped, str(value))) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if 0x20 <= code < 0x7F and character not in '"\\':
        return character
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def complain(message: str) -> None:
    """One line on the real standard error, for what the user has to know even in a trial."""
    sys.stderr.write(f"ungil: {message}\n")

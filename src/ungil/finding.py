"""Finding, Place, Subject: the one shape in which every room reports what it found."""

from __future__ import annotations

import hashlib
import linecache
import os
import re
import tokenize
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
Status = Literal["confirmed", "possible"]
Confidence = Literal["high", "medium", "low"]

CONTEXT = 2
"""Source lines kept before and after a place."""

_ALIKE = ("lock-order-inversion", "deadlock")
_ADDRESS = re.compile("0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Frame:
    """One level of a stack."""

    path: str
    line: int
    function: str | None = None
    """Its qualified name; ``<module>`` outside of any."""


@dataclass(frozen=True)
class Place:
    """One stretch of the user's source, and what was going on there."""

    path: str
    line: int
    column: int | None = None
    """From 0, in characters; None: the whole line."""
    role: str | None = None
    """What happens here, as it follows the thread's name: ``reads``, ``writes``, ``waits for lock a (bank.py:4)``."""
    thread: str | None = None
    """The thread's name."""
    snippet: str | None = None
    """The source line as it stands in the file, without its end; see :func:`with_source`."""
    stack: tuple[Frame, ...] = ()
    """Innermost first; its first frame is this place."""
    locks: tuple[str, ...] | None = None
    """What the thread holds here: ``lock self._lock (bank.py:4), taken at bank.py:11``, …; None: unknown."""
    function: str | None = None
    """Qualified name of the enclosing function; ``<module>`` outside of any."""
    end_line: int | None = None
    end_column: int | None = None
    """Behind the last character; None: to the end of the line."""
    value: str | None = None
    """What was read or written, by its short repr; ``role`` may have it too."""
    before: tuple[str, ...] = ()
    """The source lines that lead up to ``line``."""
    after: tuple[str, ...] = ()
    """The source lines that follow ``line``."""


@dataclass(frozen=True)
class Subject:
    """The thing a finding is about."""

    kind: str
    """``attribute``, ``global``, ``item``, ``cell``, ``list``, ``iterator``, ``lock``, ``thread``, …"""
    name: str
    """As the program would say it: ``Account.balance``, ``cache['a']``."""
    made_at: Frame | None = None


@dataclass(frozen=True)
class Step:
    """One thing that happened, in the order in which it did: together they tell the interleaving."""

    thread: str
    text: str
    """What the thread did, as it follows its name: ``reads 41``, ``takes lock a``, ``raises KeyError``."""
    path: str | None = None
    line: int | None = None
    column: int | None = None
    value: str | None = None
    """What was read or written; ``text`` may have it too."""


@dataclass(frozen=True)
class Finding:
    """One thing the user should know."""

    code: str
    """``UNG301``."""
    name: str
    """Kebab-case: ``lost-update``."""
    severity: Severity
    status: Status
    confidence: Confidence
    message: str
    """One sentence: what is wrong, with the names it is about."""
    places: tuple[Place, ...]
    """The first one is the main one."""
    subject: Subject | None = None
    cause: str | None = None
    """Why: a sentence or two."""
    fix: str | None = None
    """What to do: a sentence or two."""
    steps: tuple[Step, ...] = ()
    """What happened, in order, when it was made to happen."""
    evidence: dict[str, Any] = field(default_factory=dict)
    """Figures and values, of what JSON has only: no tuples."""
    fingerprint: str = ""
    """The same for the same finding after other lines of the file have changed; see :func:`fingerprint`."""


def with_source(place: Place, context: int = CONTEXT) -> Place:
    """``place`` with its source line and those around it, as they stand on disk now; unchanged where there are none."""
    linecache.checkcache(place.path)
    lines = linecache.getlines(place.path)
    if not 1 <= place.line <= len(lines):
        return place
    clean = [line.rstrip("\r\n") for line in lines[max(0, place.line - 1 - context) : place.line + context]]
    at = min(context, place.line - 1)
    return replace(place, snippet=clean[at], before=tuple(clean[:at]), after=tuple(clean[at + 1 :]))


def fingerprint(finding: Finding, folder: str) -> str:
    """What the finding is recognised by when lines of the file have moved: its code, its subject, and of its main place
    the file (relative to ``folder``), the function and the source text without spacing and comments.

    Of a finding whose sides are all alike (a deadlock), any may be the main one: all of them count, in no order.
    """
    places = finding.places if finding.name in _ALIKE else finding.places[:1]
    sides = sorted({_side(place, folder) for place in places})
    subject = finding.subject
    about = () if subject is None else (subject.kind, _lasting(subject.name, subject.kind))
    text = "\0".join((finding.code, *about, *(part for side in sides for part in side)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def relative(path: str, folder: str) -> str:
    """``path`` from ``folder`` on where it is inside of it, with slashes; as it is elsewhere."""
    whole = os.path.join(folder, path)
    inside = os.path.relpath(whole, folder)
    outside = inside == os.pardir or inside.startswith(os.pardir + os.sep)
    return (os.path.normpath(whole) if outside else inside).replace(os.sep, "/")


def _side(place: Place, folder: str) -> tuple[str, str, str]:
    return relative(place.path, folder), place.function or "", _normal(place.snippet or "")


def _lasting(name: str, kind: str) -> str:
    """What of the name is the same in the next run: no addresses, and not the one key of many that was met."""
    return _ADDRESS.sub("0x", name.partition("[")[0] if kind == "item" else name)


def _normal(line: str) -> str:
    """The line's tokens with one space between them; where it is no whole statement, its words."""
    words: list[str] = []
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    try:
        for token in tokenize.generate_tokens(StringIO(line.strip()).readline):
            if token.type not in skipped:
                words.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        pass  # an open bracket: what came before it has been read
    return " ".join(words) if words else " ".join(line.split())

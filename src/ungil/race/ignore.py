"""Findings the user has seen already: by a comment in the source, or in a baseline file.

``# ungil: ignore[UNG301] why`` stands on the line of one of a finding's places or, alone, on the line above; at a
``def`` or ``class`` it holds for all of it; ``# ungil: ignore-file[...]`` for the whole file. There may be several
codes, with commas; ``UNG3xx`` means all of its hundred, a kind's name (``lost-update``) is as good as its code.
"""

from __future__ import annotations

import ast
import json
import os
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ungil.errors import UngilError
from ungil.finding import Finding, fingerprint, relative
from ungil.race.kinds import KINDS
from ungil.race.result import Race, Suppressed
from ungil.version import VERSION

SCHEMA = 1
"""Of a baseline file."""

_COMMENT = re.compile(r"#\s*ungil:\s*(?P<verb>ignore(?:-file)?)\b(?:\s*\[(?P<codes>[^\]]*)\])?[\s:,–—-]*(?P<reason>.*)")
_CODE = re.compile(r"UNG[0-9xX]{3}")
_NAMES = {kind.name: kind.code for kind in KINDS.values()}


@dataclass(frozen=True)
class Ignore:
    """One such comment."""

    line: int
    codes: tuple[str, ...]
    """As written, but names as their codes; ``x`` stands for any digit."""
    reason: str | None
    alone: bool
    """Whether nothing else is on its line."""
    whole_file: bool = False

    def covers(self, code: str) -> bool:
        return any(_matches(pattern, code) for pattern in self.codes)


def without_ignored(race: Race, folder: str) -> Race:
    """``race`` without what comments in the source suppress. Paths of places are meant from ``folder``."""
    files: dict[str, _File] = {}

    def file_of(path: str) -> _File:
        whole = os.path.join(folder, path)
        if whole not in files:
            files[whole] = _File(whole)
        return files[whole]

    left: list[Finding] = []
    known: list[Suppressed] = []
    for finding in race.findings:
        comments = (
            (place.path, comment)
            for place in finding.places
            for comment in file_of(place.path).at(place.line, place.end_line or place.line)
            if comment.covers(finding.code)
        )
        path, comment = next(comments, ("", None))
        if comment is None:
            left.append(finding)
        else:
            where = f"{relative(path, folder)}:{comment.line}"
            known.append(Suppressed(finding, "comment", where, comment.reason))
    wrong = [f"{relative(path, folder)}:{said}" for path, file in files.items() for said in file.wrong]
    return replace(
        race,
        findings=tuple(left),
        suppressed=(*race.suppressed, *known),
        remarks=(*race.remarks, *wrong),
    )


def without_known(race: Race, baseline: str, folder: str) -> Race:
    """``race`` without what the file ``baseline`` has.

    Raises:
        UngilError: it cannot be read.
    """
    known = {entry["fingerprint"] for entry in _read(baseline)}
    found = [(finding, (finding.fingerprint or fingerprint(finding, folder)) in known) for finding in race.findings]
    return replace(
        race,
        findings=tuple(finding for finding, is_known in found if not is_known),
        suppressed=(
            *race.suppressed,
            *(Suppressed(finding, "baseline", baseline) for finding, is_known in found if is_known),
        ),
    )


def check_baseline(path: str) -> None:
    """Raises UngilError where ``path`` is no baseline file."""
    _read(path)


def baseline_of(findings: Sequence[Finding], folder: str, before: str | None = None) -> str:
    """The text of a baseline file of these findings and of those that the file ``before`` has: a race that did not
    show this time may do so the next."""
    entries = {entry["fingerprint"]: entry for entry in (_read(before) if before else ())}
    for finding in findings:
        place = finding.places[0] if finding.places else None
        mark = finding.fingerprint or fingerprint(finding, folder)
        new = {
            "fingerprint": mark,
            "code": finding.code,
            "name": finding.name,
            "path": relative(place.path, folder) if place else None,
            "function": place.function if place else None,
            "message": finding.message,
        }
        entries.setdefault(mark, new)  # as it stands: its message may tell of other values each time
    ordered = sorted(
        entries.values(), key=lambda entry: [str(entry.get(key)) for key in ("path", "code", "fingerprint")]
    )
    # Without line numbers and dates: the file stands under version control.
    return json.dumps({"schema": SCHEMA, "tool": "ungil", "tool_version": VERSION, "known": ordered}, indent=1) + "\n"


class _File:
    """The comments of one file."""

    def __init__(self, path: str) -> None:
        self.wrong: list[str] = []
        """``line: what is wrong``."""
        self._comments: dict[int, Ignore] = {}
        self._blocks: list[tuple[range, range]] = []
        """Lines of each function's and class's head, and of all of it."""
        try:
            with tokenize.open(path) as file:
                lines = file.readlines()
        except (OSError, SyntaxError, UnicodeDecodeError):
            return
        for line, column, text in _comments(lines):
            self._add(line, not lines[line - 1][:column].strip(), text)
        if self._comments:
            self._blocks = list(_blocks("".join(lines)))

    def _add(self, line: int, alone: bool, text: str) -> None:
        match = _COMMENT.search(text)
        if match is None:
            return
        codes = [part.strip() for part in (match["codes"] or "").split(",") if part.strip()]
        unknown = [code for code in codes if not _CODE.fullmatch(code) and code not in _NAMES]
        if not codes:
            self.wrong.append(f"{line}: this comment ignores nothing: it names no code, as in 'ignore[UNG301] why'")
        elif unknown:
            self.wrong.append(f"{line}: the comment names {unknown[0]}, which is no code, as UNG301 or UNG3xx would be")
        meant = tuple(_NAMES.get(code, code) for code in codes if code not in unknown)
        reason = match["reason"].strip() or None
        self._comments[line] = Ignore(line, meant, reason, alone, match["verb"] == "ignore-file")

    def at(self, first: int, last: int) -> Iterator[Ignore]:
        """Those that concern the lines ``first`` to ``last``, nearest first."""
        if not self._comments:
            return
        yield from self._on(range(first, last + 1))
        for head, block in self._blocks:
            if first in block:
                yield from self._on(head)
        yield from (comment for comment in self._comments.values() if comment.whole_file)

    def _on(self, lines: range) -> Iterator[Ignore]:
        for line in lines:
            if line in self._comments:
                yield self._comments[line]
        above = self._comments.get(lines.start - 1)
        if above is not None and above.alone:
            yield above


def _comments(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Line, column and text of each comment, as far as the file can be read as Python."""
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1], token.string
    except (tokenize.TokenError, SyntaxError):
        return  # newer Python than ours, perhaps


def _blocks(source: str) -> Iterator[tuple[range, range]]:
    """Innermost first."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            end = node.end_lineno or node.lineno
            found.append((range(start, max(node.body[0].lineno, node.lineno + 1)), range(start, end + 1)))
    yield from sorted(found, key=lambda pair: len(pair[1]))


def _matches(pattern: str, code: str) -> bool:
    return len(pattern) == len(code) and all(
        mine == theirs or mine in "xX" for mine, theirs in zip(pattern, code, strict=True)
    )


def _read(path: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        schema, known = document["schema"], document["known"]
        if schema != SCHEMA:
            raise UngilError(f"the baseline {path} has schema {schema}, this ungil reads {SCHEMA}")
        for entry in known:
            entry["fingerprint"].strip()
    except OSError as error:
        raise UngilError(f"cannot read the baseline {path}: {error.strerror}; --write-baseline makes one") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UngilError(f"{path} is no baseline that --write-baseline wrote") from error
    return list(known)

"""Text of the user's program and machine, made fit to be shown."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ungil.report.numbers import MINUS

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_CONTROL |= {ord("\n"): " ", ord("\t"): " ", ord("\r"): " "}
_ASCII = str.maketrans({"±": "+/-", MINUS: "-", "–": "-", "×": "x", "…": "...", "→": "->", "•": "*", "·": "-"})


def visible(text: str) -> str:
    """``text`` in one line, with control characters written out: a program's words must not steer the terminal."""
    return text.translate(_CONTROL)


def encodable(text: str, encoding: str) -> str:
    """``text`` in characters that ``encoding`` has, the nearest ones where it lacks some."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    return text


def command_of(argv: Sequence[str]) -> str:
    return visible(shlex.join(argv))

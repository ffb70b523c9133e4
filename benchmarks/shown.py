"""Figures and tables as plain text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ungil.trial.result import Figure


def three(value: float) -> str:
    """Three digits, two of a small number."""
    if value < 0.1:
        return f"{value:.2g}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(of: Figure) -> str:
    return f"{three(of.median)} ({three(of.low)}–{three(of.high)})"


def duration(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1:
            return f"{three(seconds * factor)} {unit}"
    return f"{three(seconds * 1e9)} ns"


def columns(rows: Sequence[Sequence[str]], widths: Sequence[int], left: Collection[int]) -> list[str]:
    """Lines of cells; what is beyond the widths goes as it is."""
    lines = []
    for row in rows:
        padded = [
            text.ljust(width) if n in left else text.rjust(width)
            for n, (text, width) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  " + "  ".join([*padded, *row[len(widths) :]]).rstrip())
    return lines

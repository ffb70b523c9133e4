"""How rows compare: the words the verdict's rules and sentences are made of."""

from __future__ import annotations

from ungil.trial import figures
from ungil.trial.result import Figure, Row

TIME_DIFFERENCE = 0.10
"""Wall times of which the medians are within 10 %, and no difference is found beyond the noise, are alike."""
MEMORY_DIFFERENCE = 0.10
"""Peak memory within 10 % is alike: pages are counted when touched, so a few MB come and go."""


def usable(row: Row) -> bool:
    """Ran to its end with today's output, and was timed."""
    return row.status == "ok" and row.wall_s is not None


def way(row: Row) -> str:
    """How the row carries out the program's pool work: its model, or for ``as-is`` that of the program's own pools.

    ``as-is`` where the program opens none.
    """
    if row.model != "as-is":
        return row.model
    own = " ".join(pool.pool for pool in row.pools)
    if not own:
        return "as-is"
    return "threads" if "Thread" in own else "interpreters" if "Interpreter" in own else "processes"


def forced(row: Row) -> bool:
    """Ran under PYTHON_GIL=0: shows what would be gained, and is no proof that it is safe."""
    return "GIL off" in (row.variant or "")


def is_free(row: Row) -> bool:
    """Ran without the GIL from its start to its end, by itself."""
    return row.free_threaded is True and row.gil_enabled_at_exit is False and not forced(row)


def time_ratio(row: Row, base: Row) -> Figure:
    """Wall time of ``row`` over that of ``base``, both usable."""
    assert row.wall_s and base.wall_s, "usable rows have been timed"
    return figures.ratios(row.wall_s.samples, base.wall_s.samples)


def slower(row: Row, than: Row) -> bool:
    """Beyond the noise."""
    ratio = time_ratio(row, than)
    return ratio.median > 1 and figures.is_difference(ratio)


def faster(row: Row, than: Row) -> bool:
    return slower(than, row)


def as_fast(row: Row, than: Row) -> bool:
    """No difference was found, and none of size can hide in the noise: the median is not far off either.

    Not the same as ``not slower``: where rounds scatter widely nothing can be told apart, nor called alike.
    """
    return not slower(row, than) and time_ratio(row, than).median <= 1 + TIME_DIFFERENCE


def peak(row: Row) -> float:
    """Peak memory in bytes; 0 where it is not known, which makes it no argument either way."""
    return row.peak_bytes.median if row.peak_bytes else 0.0


def memory_ratio(row: Row, base: Row) -> float:
    return peak(row) / peak(base) if peak(row) and peak(base) else 1.0


def leaner(row: Row, than: Row) -> bool:
    return memory_ratio(row, than) < 1 - MEMORY_DIFFERENCE


def is_better(row: Row, than: Row) -> bool:
    """Faster or, when as fast, leaner."""
    return faster(row, than) or (as_fast(row, than) and leaner(row, than))


def wall(row: Row) -> float:
    """Median in seconds, of a usable row."""
    assert row.wall_s, "usable rows have been timed"
    return row.wall_s.median

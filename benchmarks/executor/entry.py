"""A contestant of one case, and how it is made ready: its pool open, its results checked, its size found."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from clock import Sample, timed
from contestants import Contestant
from pools import Pool, UnavailableError

TARGET_S = 0.1
"""What one call to be measured should about take: long against the clock, short against what disturbs a machine."""

_REST_S = 0.3
_RESTLESS = 0.002
"""Above what multiprocessing's pools take, whose threads look after their workers every 0.1 s."""


class Rest(NamedTuple):
    """A restless pool's CPU time while idle, as a share of one core, and whether it goes on during others' turns."""

    share: float
    lasts: bool


class Turn:
    """What is measured, round by round: a call with a pool, which is open already, and inputs made just before.

    A restless pool, one that takes CPU time while nobody asks it for anything (by polling, say), would do so during the
    turns of others: it is closed, and opened and used once before each turn of its own. If it can be.
    """

    def __init__(
        self,
        pool: Pool,
        open_pool: Callable[[], Pool],
        inputs: Callable[[], Any],
        run: Callable[[Pool, Any], object],
        closes: bool = True,
    ) -> None:
        self._open, self._inputs, self._run, self._closes = open_pool, inputs, run, closes
        self._pool: Pool | None = pool

    def rest(self, others: float) -> Rest:
        """How restless the pool is beside others that take a share of a core already; closes it, if so."""
        for _ in range(3):  # something may still go on after the last call
            idle, _ = timed(lambda: time.sleep(_REST_S))
            share = idle.cpu_s / idle.wall_s - others
            if share < _RESTLESS:
                return Rest(0.0, False)
        if self._closes:
            self.close()
        return Rest(share, not self._closes)

    def take(self) -> Sample:
        if self._pool is not None:
            return self._timed(self._pool)
        pool = self._open()
        try:
            self._run(pool, self._inputs())
            return self._timed(pool)
        finally:
            pool.close()

    def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _timed(self, pool: Pool) -> Sample:
        inputs = self._inputs()  # new ones, for a library may know those it has sent before (joblib does)
        gc.collect()
        return timed(lambda: self._run(pool, inputs))[0]


class Ready(NamedTuple):
    turn: Turn
    items: int
    note: str = ""


@dataclass(frozen=True)
class Entry:
    name: str
    prepare: Callable[[], Ready]
    against: str
    """The entry whose figures its own are set against."""


@dataclass(frozen=True)
class Work:
    """What every contestant of a case is given."""

    inputs: Callable[[int], Any]
    """Makes what is handed in, by the number of items; not part of the time."""
    run: Callable[[Pool, Any, int | None], object]
    """With the pool, the inputs and a chunk size, None being the pool's own choice: what is measured."""
    right: Callable[[Any, Any], bool]
    """Whether inputs and result fit together."""
    chunked: bool = True
    """Whether the chunk size matters."""
    items: int | None = None
    """How many; where None, as many as take ``TARGET_S``, for each contestant its own number."""


def entry(contestant: Contestant, workers: int, work: Work, against: str, name: str | None = None) -> Entry:
    tuned = contestant.tuned and work.chunked
    name = name or (f"{contestant.name}, best chunks" if tuned else contestant.name)
    return Entry(name, lambda: _ready(contestant, workers, work, tuned), against)


def sized(seconds: Callable[[int], float], most: int = 500_000) -> int:
    """How many items take about ``TARGET_S``, rounded down to 1, 2 or 5 times a power of ten.

    So that contestants of about the same speed get the same number.
    """
    count = 1
    while (took := _least(seconds, count)) < TARGET_S / 4 and count < most:
        count = min(count * 4, most)
    fitting = max(1.0, min(count * TARGET_S / took, most))
    power = 10 ** math.floor(math.log10(fitting) + 1e-9)
    return int(power) * max(step for step in (1, 2, 5) if step * power <= fitting * (1 + 1e-9))


def _least(seconds: Callable[[int], float], count: int) -> float:
    """Of three tries, if the first seems long enough: whatever disturbed it must not make all runs small."""
    took = seconds(count)
    return took if took < TARGET_S / 4 else min(took, seconds(count), seconds(count))


def _ready(contestant: Contestant, workers: int, work: Work, tuned: bool) -> Ready:
    pool = contestant.open(workers)
    try:
        items, chunksize = _size(pool, workers, work, tuned)
    except BaseException:
        pool.close()  # so that it cannot disturb the others
        raise
    turn = Turn(
        pool,
        lambda: contestant.open(workers),
        lambda: work.inputs(items),
        lambda pool, inputs: work.run(pool, inputs, chunksize),
        contestant.closes,
    )
    return Ready(turn, items, f"chunksize {chunksize:,}" if tuned else "")


def _size(pool: Pool, workers: int, work: Work, tuned: bool) -> tuple[int, int | None]:
    """How many items and, for a tuned contestant, its chunk size, with which the result was right."""
    guess = 4 if tuned else None  # chunks a worker, so that the size is not that of the pool's own choice
    if work.items is None:
        for _ in range(3):  # until every worker has started
            _seconds(pool, workers, work, 16 * workers, guess)
    items = work.items or sized(lambda count: _seconds(pool, workers, work, count, guess))
    inputs = work.inputs(items)
    chunksize = _best_chunksize(pool, workers, work, inputs, items) if tuned else None
    if not work.right(inputs, work.run(pool, inputs, chunksize)):
        raise UnavailableError("gives wrong results")
    return items, chunksize


def _best_chunksize(pool: Pool, workers: int, work: Work, inputs: Any, items: int) -> int:
    """The one of several, from one chunk to 256 chunks a worker, that took the least wall time; two tries each."""
    several = sorted({_chunksize(items, workers, per_worker) for per_worker in (1, 2, 4, 16, 64, 256)})

    def took(chunksize: int) -> float:
        return min(_timed(lambda: work.run(pool, inputs, chunksize)) for _ in range(2))

    return min(several, key=took)


def _seconds(pool: Pool, workers: int, work: Work, items: int, per_worker: int | None) -> float:
    inputs = work.inputs(items)
    chunksize = None if per_worker is None else _chunksize(items, workers, per_worker)
    return _timed(lambda: work.run(pool, inputs, chunksize))


def _chunksize(items: int, workers: int, per_worker: int) -> int:
    return math.ceil(items / (workers * per_worker))


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began

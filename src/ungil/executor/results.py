"""What a ``map`` returns."""

from __future__ import annotations

from _thread import RLock
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from ungil.executor.mapping import Job

_HELD = 64
"""Up to that many results of a chunk are handed over one by one; what is in larger chunks took microseconds to make,
and is let go of chunk by chunk, which is twice as fast."""


class Results:
    """The iterator that ``map`` returns. ``iter()`` of it costs less an item than ``next()``, and is for one thread."""

    __slots__ = ("_job", "_lock", "_results", "chunks")

    def __init__(self, chunks: Generator[Iterable[Any], None, None], job: Job | None) -> None:
        self.chunks = chunks
        self._results = chain.from_iterable(chunks)
        self._job = job
        self._lock = RLock()

    def __iter__(self) -> Iterator[Any]:
        return self._results

    def __next__(self) -> Any:
        with self._lock:  # threads may share the results that way; an iterator of the library's is not safe to share
            return next(self._results)

    def __length_hint__(self) -> int:
        """So that ``list()`` makes room once."""
        left = self._job.left if self._job is not None else None
        return NotImplemented if left is None else left

    def close(self) -> None:
        """Let go of the results not taken, and of the work not begun."""
        self.chunks.close()
        if self._job is not None:
            self._job.abandon()  # a generator that was not begun does not do it
        self._results = chain()


def letting_go(results: list[Any]) -> Iterable[Any]:
    """The results, one by one; without keeping what has been taken, where there are few."""
    if len(results) > _HELD:
        return results
    results.reverse()
    return map(results.pop, repeat(-1, len(results)))

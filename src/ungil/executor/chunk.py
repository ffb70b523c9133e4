"""A part of a ``map``, as it is handed to a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Chunk:
    """Some items in a row, and what became of them."""

    __slots__ = (
        "count", "error", "failures", "given", "is_claimed", "is_done", "items", "next", "packed", "results", "start",
    )  # fmt: skip

    def __init__(self, start: int, count: int, items: Any) -> None:
        self.start = start
        """Position of its first item in the job."""
        self.count = count
        self.items = items
        """The first ``count`` of these, which nobody else reads. For workers elsewhere: a sequence, and its slice."""
        self.next: Chunk | None = None
        """The one with the items after these."""
        # While it is run, for the consumer to see: a failure is there before its place among the results.
        self.results: list[Any] = []
        self.packed: Callable[[], list[Any]] | None = None
        """What gives the results, if they are not there: they are made in the consumer's thread, which lets go of them.
        Without the GIL, that costs twice as much in another thread than the one that made them."""
        self.failures: dict[int, BaseException] = {}
        self.error: BaseException | None = None
        """Why it has not been run."""
        self.given = 0
        """How many of its results have been handed over before it was done."""
        self.is_claimed = self.is_done = False

    def take(self) -> list[Any]:
        """The results, which it does not keep."""
        if self.packed is not None:
            packed, self.packed = self.packed, None
            return packed()
        results, self.results = self.results, []
        return results

"""The input of a ``map``."""

from __future__ import annotations

from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_dict: dict[Any, Any] = {}
_CONTAINERS = frozenset({list, tuple, range, dict, set, frozenset, str, bytes, bytearray, deque}) | {
    type(_dict.keys()),
    type(_dict.values()),
    type(_dict.items()),
}
"""What is read at once: it is all there. Anything else may be endless, or make its items as it is read."""


def check(chunksize: int | None, buffersize: int | None) -> None:
    """
    Raises:
        TypeError: ``buffersize`` is neither a whole number nor None.
        ValueError: one of them is less than 1.
    """
    if chunksize is not None and chunksize < 1:
        raise ValueError("chunksize must be >= 1.")
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError("buffersize must be an integer or None")
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or > 0")


class Items:
    """The input of a job: all there, or read as it is wanted."""

    def __init__(self, iterables: tuple[Iterable[Any], ...]) -> None:
        """
        Raises:
            TypeError: one of them is not iterable; whatever reading a container raises.
        """
        self.spread = len(iterables) != 1
        """Whether an item is a tuple of arguments."""
        self.there: Sequence[Any] = ()
        self.rest: Iterator[Any] | None = None
        if not self.spread:
            (only,) = iterables
            if type(only) is range or type(only) is tuple:
                self.there = only
            elif type(only) in _CONTAINERS:
                self.there = list(only)
            else:
                self.rest = iter(only)
        elif all(type(each) in _CONTAINERS for each in iterables):
            self.there = list(zip(*iterables))  # noqa: B905  # as map: to the end of the shortest
        else:
            self.rest = zip(*iterables)  # noqa: B905

    def first(self) -> tuple[Any, ...] | None:
        """The arguments of the first call, which stays in its place; None where there is none."""
        if self.rest is not None:
            found = list(islice(self.rest, 1))
            self.rest = chain(found, self.rest)
        else:
            found = list(self.there[:1])
        return None if not found else found[0] if self.spread else (found[0],)

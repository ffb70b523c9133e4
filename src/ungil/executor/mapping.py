"""``map`` over a pool: in order or as they are done, in chunks, with a bounded number of tasks under way."""

from __future__ import annotations

import itertools
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, TimeoutError
from functools import partial
from typing import Any

from ungil.executor.sending import Failure

Submit = Callable[..., "Future[Any]"]


def check(chunksize: int, buffersize: int | None) -> None:
    """
    Raises:
        TypeError: ``buffersize`` is neither a whole number nor None.
        ValueError: one of them is less than 1.
    """
    if chunksize < 1:
        raise ValueError("chunksize must be >= 1.")
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError("buffersize must be an integer or None")
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or > 0")


def in_order(
    submit: Submit,
    fn: Callable[..., Any],
    iterables: tuple[Iterable[Any], ...],
    timeout: float | None,
    chunksize: int,
    buffersize: int | None,
) -> Iterator[Any]:
    """The results of ``fn`` in the order of its arguments; tasks are submitted before this returns."""
    deadline = None if timeout is None else time.monotonic() + timeout
    tasks = _submissions(submit, fn, iterables, chunksize)
    under_way = deque(itertools.islice(tasks, buffersize))

    def results() -> Iterator[Any]:
        try:
            while under_way:
                future = under_way.popleft()
                try:
                    done = future.result(_left(deadline))
                finally:
                    future.cancel()
                # After the wait, before the yield: the consumer's pace bounds what is under way.
                under_way.extend(itertools.islice(tasks, 1))
                yield from _unpacked(done)
        finally:
            _cancel(under_way)

    return results()


def as_done(
    submit: Submit,
    fn: Callable[..., Any],
    iterables: tuple[Iterable[Any], ...],
    timeout: float | None,
    chunksize: int,
    buffersize: int | None,
) -> Iterator[Any]:
    """The results of ``fn`` as they are done; tasks are submitted before this returns.

    The iterator raises ``concurrent.futures.TimeoutError`` where the next result is not there in time.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    finished: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
    tasks = _submissions(submit, fn, iterables, chunksize)
    under_way = set()

    def start(futures: Iterable[Future[Any]]) -> None:
        for future in futures:
            under_way.add(future)
            future.add_done_callback(finished.put)

    start(itertools.islice(tasks, buffersize))

    def results() -> Iterator[Any]:
        try:
            while under_way:
                try:
                    future = finished.get(timeout=_left(deadline))
                except queue.Empty:
                    raise TimeoutError from None
                under_way.discard(future)
                start(itertools.islice(tasks, 1))
                yield from _unpacked(future.result())
        finally:
            _cancel(under_way)

    return results()


def _submissions(
    submit: Submit, fn: Callable[..., Any], iterables: tuple[Iterable[Any], ...], chunksize: int
) -> Iterator[Future[Any]]:
    rows = zip(*iterables, strict=False)
    if chunksize == 1:
        for row in rows:
            yield submit(partial(_one, fn), *row)
    else:
        while chunk := list(itertools.islice(rows, chunksize)):
            yield submit(partial(_several, fn), chunk)


Outcome = tuple[list[Any], "Failure | BaseException | None"]


def _one(fn: Callable[..., Any], *args: Any) -> Outcome:
    return [fn(*args)], None


def _several(fn: Callable[..., Any], chunk: list[tuple[Any, ...]]) -> Outcome:
    """The results up to the first failure, and that: a failure does not lose the results before it."""
    results: list[Any] = []
    try:
        for args in chunk:
            results.append(fn(*args))  # those before a failure count
    except Exception as error:
        if not results:
            raise
        return results, Failure(error)
    return results, None


def _unpacked(outcome: Outcome) -> Iterator[Any]:
    results, error = outcome
    results.reverse()
    while results:
        yield results.pop()  # keeps no reference to what it has handed over
    if error is not None:
        raise error.error if isinstance(error, Failure) else error


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _cancel(futures: Iterable[Future[Any]]) -> None:
    for future in list(futures):
        future.cancel()

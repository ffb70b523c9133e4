"""All the cases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import spinning
from case import Case
from contestants import (
    ALONE,
    BUILTIN,
    BY_HAND,
    FASTITER,
    HYPERTILE,
    INTERPRETERS,
    PROCESSES,
    SERIAL,
    THREAD_POOL,
    THREAD_POOL_EXECUTOR,
    THREADS,
    UNGIL,
    UNGIL_MAP,
    Contestant,
)
from entry import Entry, Ready, Turn, Work, entry, sized
from pools import Pool, UnavailableError, peer
from tasks import Owner, closure, echo, noop, spin

Function = Callable[[Any], Any]

SIZES = {"1KB": (1_000, 2_000), "100KB": (100_000, 200), "1MB": (1_000_000, 32), "10MB": (10_000_000, 8),
         "100MB": (100_000_000, 2)}  # fmt: skip
"""Bytes of a payload, and how many of it are sent."""


def all_cases() -> dict[str, Case]:
    return {
        case.name: case for case in [*_threads(), *_far("processes", PROCESSES), *_far("interpreters", INTERPRETERS)]
    }


def _threads() -> Iterator[Case]:
    mapping = (*THREADS, UNGIL_MAP, SERIAL, BUILTIN)
    yield Case("threads/map-range", "item", "map of a no-op over a range", _plain(mapping, _map(noop, range)))
    yield Case("threads/map-list", "item", "map of a no-op over a list", _plain(mapping, _map(noop, _numbers)))
    yield Case("threads/map-ten", "call", "map of a no-op over a list of ten, again and again", _plain(mapping, _TENS))
    for task_us, count in ((10, 10_000), (100, 4_000)):
        for shape, last in (("uniform", 1), ("skewed", 100)):
            yield _efficiency(task_us, count, shape, last)
    yield Case("threads/submit", "task", "submit of every no-op, then every result", _plain(THREADS, _SUBMIT_ALL))
    yield Case("threads/submit-each", "task", "submit of a no-op, its result, the next", _plain(THREADS, _SUBMIT_EACH))
    functions = {"function": noop, "closure": closure(), "method": Owner().noop}
    for name, function in functions.items():
        how = f"map of a no-op {name} over a list, against the fewest workers"
        yield Case(f"threads/growth-{name}", "item", how, partial(_growth, function), grows=True)
    # fastiter works off so few items without its pool, hypertile's cannot be closed.
    yield _opening("threads", [each for each in (*THREADS, SERIAL) if each not in (FASTITER, HYPERTILE)])


def _far(model: str, contestants: tuple[Contestant, ...]) -> Iterator[Case]:
    yield Case(f"{model}/map", "item", "map of a no-op over a list", _plain(contestants, _map(noop, _numbers)))
    yield Case(f"{model}/submit", "task", "submit of every no-op, then every result", _plain(contestants, _SUBMIT_ALL))
    yield Case(
        f"{model}/submit-each", "task", "submit of a no-op, its result, the next", _plain(contestants, _SUBMIT_EACH)
    )
    for kind, payloads in {"bytes": _bytes, "array": _arrays}.items():
        for size, (length, count) in SIZES.items():
            work = Work(partial(payloads, length), _run_map(echo), _same_payloads, items=count)
            how = f"map of echo over {count} different payloads of {size}, {kind}"
            yield Case(f"{model}/{kind}-{size}", "payload", how, _plain(contestants, work))
    yield _opening(model, contestants)


def _plain(contestants: Sequence[Contestant], work: Work) -> Callable[[Sequence[int]], list[Entry]]:
    def entries(workers: Sequence[int]) -> list[Entry]:
        once = {(each.name, each.tuned and work.chunked): each for each in contestants}
        return [entry(each, workers[0], work, contestants[0].name) for each in once.values()]

    return entries


def _map(function: Function, inputs: Callable[[int], Any]) -> Work:
    return Work(inputs, _run_map(function), lambda xs, result: bool(result == list(xs)))


def _run_map(function: Function) -> Callable[[Pool, Any, int | None], object]:
    return lambda pool, xs, chunksize: pool.map(function, xs, chunksize)


def _numbers(count: int) -> list[int]:
    return list(range(count))


def _tens(pool: Pool, calls: range, chunksize: int | None) -> object:
    ten, result = list(range(10)), []
    for _ in calls:
        result = pool.map(noop, ten, None)
    return result


_TENS = Work(range, _tens, lambda _, result: bool(result == list(range(10))), chunked=False)
_SUBMIT_ALL = Work(
    range, lambda pool, xs, _: pool.submit_all(noop, xs), lambda xs, result: bool(result == list(xs)), chunked=False
)
_SUBMIT_EACH = Work(
    range, lambda pool, xs, _: pool.submit_each(noop, xs), lambda xs, result: bool(result == list(xs)), chunked=False
)


def _efficiency(task_us: int, count: int, shape: str, last: int) -> Case:
    def inputs(count: int) -> list[int]:
        loops = spinning.loops(task_us / 1e6)
        return [loops] * (count - 1) + [loops * last]

    work = Work(inputs, _run_map(spin), lambda xs, result: len(result) == len(xs), items=count)
    how = f"map of a loop of {task_us} us over {count:,} tasks" + (f", the last of them {last}x" if last > 1 else "")
    contestants = (ALONE, *THREADS, BY_HAND)
    name = f"threads/efficiency-{task_us}us-{shape}"
    return Case(name, "task", how, _plain(contestants, work), longest=last / (count - 1 + last))


def _growth(function: Function, workers: Sequence[int]) -> list[Entry]:
    work = _map(function, _numbers)
    return [
        entry(each, count, work, f"{each.name}, {workers[0]}", f"{each.name}, {count}")
        for each in (UNGIL, THREAD_POOL, THREAD_POOL_EXECUTOR)
        for count in workers
    ]


def _bytes(length: int, count: int) -> list[bytes]:
    return [bytes([number % 256]) * length for number in range(count)]


def _arrays(length: int, count: int) -> list[Any]:
    numpy = peer("numpy")
    return [numpy.full(length // 8, number, dtype=numpy.float64) for number in range(count)]


def _same_payloads(xs: list[Any], results: list[Any]) -> bool:
    pairs = zip(xs, results, strict=True)
    return all(type(x) is type(result) and _content(x) == _content(result) for x, result in pairs)


def _content(payload: Any) -> memoryview:
    return memoryview(payload).cast("B")


def _opening(model: str, contestants: Sequence[Contestant]) -> Case:
    how = "a pool opened, one no-op per worker submitted and done (joblib: mapped), the pool closed"

    def entries(workers: Sequence[int]) -> list[Entry]:
        return [
            Entry(each.name, partial(_open_and_close, each, workers[0]), contestants[0].name)
            for each in {each.name: each for each in contestants}.values()
        ]

    return Case(f"{model}/open", "pool", how, entries)


def _open_and_close(contestant: Contestant, workers: int) -> Ready:
    def pools(count: int) -> None:
        for _ in range(count):
            pool = contestant.open(workers)
            try:
                pool.submit_all(noop, range(workers))
            except UnavailableError:
                pool.map(noop, range(workers), None)
            pool.close()

    pools(1)  # imports, and the server that further processes are forked from
    count = sized(partial(_seconds, pools))
    return Ready(Turn(Pool(), Pool, lambda: count, lambda _, count: pools(count)), count)


def _seconds(pools: Callable[[int], None], count: int) -> float:
    began = time.perf_counter()
    pools(count)
    return time.perf_counter() - began

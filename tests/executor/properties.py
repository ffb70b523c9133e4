"""``map`` beside the builtin: calls made up at random, what has to come of them, and whether it does.

Run as a program by the interpreter under test: ``python properties.py MODEL SECONDS SEED``. Prints a JSON object:
how many sessions it ran, and of the first that went wrong what it was and its traceback. test_properties.py imports it
too and lets hypothesis make up the calls.
"""

from __future__ import annotations

import collections
import concurrent.futures as cf
import dataclasses
import functools
import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ungil

PATIENCE_S = 30
"""Only ever reached by a pool that hangs."""

WINDOW = 256
"""So many items of an iterable that is not a container are read by map() itself."""

CONTAINERS: dict[str, Callable[[tuple[int, ...]], Iterable[Any]]] = {
    "list": list,
    "tuple": tuple,
    "deque": collections.deque,
    "set": set,
    "dict": dict.fromkeys,
    "bytes": lambda values: bytes(value % 256 for value in values),
    "range": lambda values: range(len(values)),
    "str": lambda values: "".join(chr(97 + value % 26) for value in values),
}
LAZY = ("generator", "map", "own")
KINDS = (*CONTAINERS, *LAZY)
FAILURES = ("ValueError", "OwnError", "StopIteration", "SystemExit")
ENDS = ("close", "drop", "leave")
SHUTDOWNS = ("wait", "cancel", "go on")


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of ``map`` or ``map_unordered``, and what is done with its results."""

    method: str
    inputs: tuple[tuple[int, ...], ...]
    kinds: tuple[str, ...]
    """What kind of iterable each of the inputs is."""
    failing: frozenset[Any]
    """Items whose first argument is one of these fail."""
    failure: str
    input_fails_at: int | None
    """Where the first input raises an exception of its own; only a lazy one does."""
    chunksize: int | None
    buffersize: int | None
    nested: bool
    """The task maps over a pool itself: over this one where that is at hand."""
    take: int | None
    """So many results are taken; None: all."""
    end: str
    """What becomes of the iterator then."""


@dataclasses.dataclass(frozen=True)
class Session:
    """A pool's life: calls whose results are taken in turns, and its end."""

    workers: int
    calls: tuple[Call, ...]
    shutdown: str


class OwnError(Exception):
    def __init__(self, first: Any, second: str) -> None:
        super().__init__(f"{first} {second}")
        self.first = first


class InputError(Exception):
    pass


# --- tasks


def task(failing: frozenset[Any], failure: str, nest: Callable[..., Any] | None, *row: Any) -> Any:
    if row[0] in failing:
        if failure == "OwnError":
            raise OwnError(row[0], "so")
        raise {"ValueError": ValueError, "StopIteration": StopIteration, "SystemExit": SystemExit}[failure](row[0])
    return row if nest is None else nest(row)


def nest_in(executor: Any, row: tuple[Any, ...]) -> Any:
    return tuple(executor.map(same, row))


def nest_anew(row: tuple[Any, ...]) -> Any:
    return tuple(ungil.map(same, row, model="serial"))


def same(value: Any) -> Any:
    return value


def recording(ran: list[Any], function: Callable[..., Any], *row: Any) -> Any:
    ran.append(row)
    return function(*row)


# --- one call


class Own:
    """An iterator that is no generator."""

    def __init__(self, values: Iterator[Any]) -> None:
        self.values = values

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self.values)


def lazy(kind: str, values: Iterable[Any], fails_at: int | None) -> Iterator[Any]:
    def generator() -> Iterator[Any]:
        for position, value in enumerate(values):
            if position == fails_at:
                raise InputError(position)
            yield value

    return {"generator": generator(), "map": map(same, generator()), "own": Own(generator())}[kind]


class Taking:
    """A call under way, beside what the builtin makes of it."""

    def __init__(self, executor: Any, model: str, call: Call) -> None:
        self.call, self.model = call, model
        self.taken: list[Any] = []
        self.error: BaseException | None = None
        self.ended = self.begun = False
        self.ran: list[Any] | None = [] if model in ("serial", "threads") else None
        containers = [CONTAINERS.get(kind, tuple)(values) for kind, values in zip(call.kinds, call.inputs, strict=True)]
        self.rows = list(zip(*containers, strict=False))
        shortest = len(self.rows)
        self.lazy = any(kind in LAZY for kind in call.kinds)
        self.fails_at = call.input_fails_at if call.kinds[0] in LAZY else None
        if self.fails_at is not None and self.fails_at >= min(shortest + 1, len(call.inputs[0])):
            self.fails_at = None  # never got that far
        inputs = [
            lazy(kind, container, self.fails_at if n == 0 else None) if kind in LAZY else container
            for n, (kind, container) in enumerate(zip(call.kinds, containers, strict=True))
        ]
        if self.fails_at is not None:
            del self.rows[self.fails_at :]
        plain = functools.partial(task, call.failing, call.failure, None)
        self.expected = [outcome(plain, row) for row in self.rows]
        nest = (nest_anew if self.ran is None else functools.partial(nest_in, executor)) if call.nested else None
        function = functools.partial(task, call.failing, call.failure, nest)
        if self.ran is not None:
            function = functools.partial(recording, self.ran, function)
        method = executor.map if call.method == "map" else executor.map_unordered
        self.results: Any = None
        try:
            self.results = method(function, *inputs, chunksize=call.chunksize, buffersize=call.buffersize)
        except InputError as error:
            self.error, self.ended = error, True
        self.check_when_the_input_fails()

    def check_when_the_input_fails(self) -> None:
        at_once = self.error is not None
        assert not at_once or self.fails_at is not None, "the input did not fail"
        if self.fails_at is not None and self.model != "serial" and self.call.chunksize is None:
            ahead = self.call.buffersize or WINDOW
            assert at_once == (self.fails_at < ahead), f"{self.fails_at} of a window of {ahead}, at once: {at_once}"

    def step(self) -> None:
        self.begun = True
        try:
            self.taken.append(next(self.results))
        except StopIteration:
            self.ended = True
        except BaseException as error:
            self.error, self.ended = error, True
        if self.ended:
            assert next(self.results, "end") == "end", "it goes on after its end"

    @property
    def satisfied(self) -> bool:
        return self.ended or (self.call.take is not None and len(self.taken) >= self.call.take)

    def finish(self) -> None:
        """The end of taking, as the call has it; the iterator may live on."""
        if self.results is None or self.call.end == "leave":
            return
        if self.call.end == "close":
            self.results.close()
            assert next(self.results, "end") == "end", "it goes on after close()"
        self.results, self.ended = None, True

    def take_the_rest(self, shutdown: str) -> None:
        """After the pool's end: what was fed comes, and what was not raises that it cannot any more."""
        fed = self.call.buffersize is None and (not self.lazy or not self.begun)
        while not self.ended:
            self.step()
        if isinstance(self.error, cf.CancelledError):
            assert shutdown == "cancel", "cancelled, though nobody asked for that"
            self.error = None
        elif isinstance(self.error, RuntimeError) and "after shutdown" in str(self.error):
            # Of a nested map it may be the task's own failure: it comes too late, as in the library.
            assert shutdown == "cancel" or not fed or self.call.nested, "it should all have been read before the end"
            self.error = None
        else:
            self.check(complete=True)
            return
        self.check(complete=False)

    def check(self, complete: bool) -> None:
        """That what came is what the builtin gives: to its end, or (not complete) as far as it was taken."""
        failing = {n for n, (fine, _) in enumerate(self.expected) if not fine}
        if self.call.method == "map":
            right = [value for _, value in self.expected[: len(self.taken)]]
            assert self.taken == right and not failing & set(range(len(self.taken))), (self.taken, right)
            place = {len(self.taken)}
        else:
            right = [value for fine, value in self.expected if fine]
            surplus = collections.Counter(self.taken) - collections.Counter(right)
            assert not surplus, f"too much: {surplus}"
            place = set(range(len(self.expected)))
        if self.error is not None and not (isinstance(self.error, InputError) and self.fails_at is not None):
            self.check_failure(place & failing)
        elif isinstance(self.error, InputError):
            early = self.results is None or not self.begun
            ordered = self.call.method == "map" and not early
            assert not ordered or len(self.taken) == self.fails_at, "the input's failure out of its turn"
        elif complete:
            assert not failing and self.fails_at is None, "a failure is missing"
            assert len(self.taken) == len(self.expected), f"{len(self.taken)} of {len(self.expected)}"

    def check_runs(self) -> None:
        """That no item was run twice and, if all results were taken, none left out."""
        if self.ran is not None:
            ran, asked = collections.Counter(self.ran), collections.Counter(self.rows)
            assert not ran - asked, f"run twice, or never asked for: {ran - asked}"
            whole = self.error is None and len(self.taken) == len(self.rows)
            assert not whole or ran == asked, f"never run: {asked - ran}"

    def check_failure(self, positions: set[int]) -> None:
        error = self.error
        assert error is not None
        if self.call.failure == "StopIteration":
            assert positions and type(error) is RuntimeError, repr(error)
            return
        same_error = [n for n in positions if alike(error, self.expected[n][1])]
        assert same_error, f"{error!r} is none of {[self.expected[n][1] for n in positions]}"
        if sys.version_info >= (3, 11) and isinstance(error, Exception):
            notes = getattr(error, "__notes__", [])
            assert any(f"item {n} of " in note for n in same_error for note in notes), (same_error, notes)


def outcome(function: Callable[..., Any], row: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, function(*row)
    except BaseException as error:
        return False, error


def alike(one: BaseException, other: BaseException) -> bool:
    return type(one) is type(other) and one.args == other.args


# --- a session


def run(model: str, session: Session, **options: Any) -> None:
    """
    Raises:
        AssertionError: the pool does not do what the builtin does.
    """
    executor = ungil.Executor(session.workers, model=model, **options)  # type: ignore[arg-type]  # drawn at random from valid ones
    try:
        calls = [Taking(executor, model, call) for call in session.calls]
        under_way = list(calls)
        while under_way := [each for each in under_way if not each.satisfied]:
            for each in under_way:
                each.step()
        for each in calls:
            if each.ended:
                each.check(complete=True)
            else:
                each.finish()
                each.check(complete=False)
        assert executor.submit(same, 5).result(PATIENCE_S) == 5, "the pool is of no use any more"
    finally:
        executor.shutdown(wait=session.shutdown != "go on", cancel_futures=session.shutdown == "cancel")
    for each in calls:
        if not each.ended:
            each.take_the_rest(session.shutdown)
    executor.shutdown()
    for each in calls:
        each.check_runs()


# --- sessions at random


def random_call(dice: random.Random) -> Call:
    lengths = (0, 1, 2, 3, 5, 8, 20, 60) if dice.random() < 0.8 else (200, 256, 257, 300, 700)
    inputs = tuple(
        tuple(dice.randrange(1000) for _ in range(dice.choice(lengths))) for _ in range(dice.choice((1, 1, 1, 2, 3)))
    )
    kinds = tuple(dice.choice(KINDS) for _ in inputs)
    first = list(CONTAINERS.get(kinds[0], tuple)(inputs[0]))
    return Call(
        method=dice.choice(("map", "map_unordered")),
        inputs=inputs,
        kinds=kinds,
        failing=frozenset(dice.sample(first, min(len(first), dice.choice((0, 0, 0, 1, 2))))),
        failure=dice.choice(FAILURES),
        input_fails_at=dice.choice((None, None, None, *range(min(len(first), 400)))[:: dice.choice((1, 7))]),
        chunksize=dice.choice((None, None, None, 1, 2, 3, 10, 1000)),
        buffersize=dice.choice((None, None, None, 1, 2, 3, 10, 300)),
        nested=dice.random() < 0.2,
        take=dice.choice((None, None, 0, 1, 2, 5, 30, 250, 260, 500)),
        end=dice.choice(ENDS),
    )


def random_session(dice: random.Random) -> Session:
    calls = tuple(random_call(dice) for _ in range(dice.choice((1, 1, 2, 4))))
    return Session(workers=dice.randrange(1, 6), calls=calls, shutdown=dice.choice(SHUTDOWNS))


def main() -> None:
    import faulthandler  # where a worker interpreter does not come by: it may not load it

    model, seconds, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    end = time.monotonic() + seconds
    sessions, failed = 0, None
    while failed is None and time.monotonic() < end:
        session = random_session(random.Random(seed + sessions))
        print(seed + sessions, session, file=sys.stderr, flush=True)
        faulthandler.dump_traceback_later(PATIENCE_S * 2, exit=True)  # its last line on stderr is what hangs
        try:
            run(model, session)
        except BaseException:
            failed = f"seed {seed + sessions}: {session}\n{traceback.format_exc()}"
        sessions += 1
    print(json.dumps({"sessions": sessions, "failed": failed}), flush=True)
    if failed is not None:
        os._exit(1)  # what went wrong may also keep the program from ending


if __name__ == "__main__":
    main()

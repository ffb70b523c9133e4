"""A pool under many threads that do all one can do with it at the same time, and what has to hold whatever they do.

Run as a program by the interpreter under test: ``python stress.py MODEL SECONDS SEED``. Every task writes its number to
a file as it begins, so that it is known of each how often it ran, also where its process was killed. Prints a JSON
object: how much was done, and what went wrong.
"""

from __future__ import annotations

import collections
import concurrent.futures as cf
import contextlib
import dataclasses
import functools
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from watching import MODEL, PATIENCE_S, Running, descendants, nothing_left, pool

LIMIT_S = 2 * PATIENCE_S
"""For one round; only ever reached by a pool that hangs."""

ACTORS = 6
OPERATIONS = 40
"""By each actor in a round, if the pool lives that long."""

NUMBER_BYTES = 8


class TaskError(Exception):
    pass


# --- tasks; each has a number of its own, and a file to write it to


def ran(path: str, number: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, number.to_bytes(NUMBER_BYTES, "little"))
    finally:
        os.close(file)


def quick(path: str, number: int) -> int:
    ran(path, number)
    return number


def slow(path: str, number: int) -> int:
    ran(path, number)
    time.sleep(0.002)
    return number


def large(path: str, number: int) -> bytes:
    ran(path, number)
    return number.to_bytes(NUMBER_BYTES, "little") * 20_000


def failing(path: str, number: int) -> None:
    ran(path, number)
    raise TaskError(number)


def waiting(executor: Any, inner: list[int], path: str, number: int) -> int:
    """Waits for tasks of its own pool (numbers of their own: inner), if that still takes any."""
    ran(path, number)
    with contextlib.suppress(RuntimeError, cf.CancelledError):
        if len(inner) == 1:
            assert executor.submit(quick, path, inner[0]).result() == inner[0]
        else:
            assert list(executor.map(functools.partial(quick, path), inner)) == inner
    return number


KINDS: dict[str, Callable[..., Any]] = {"quick": quick, "slow": slow, "large": large, "failing": failing}


def right(kind: str, number: int, future: cf.Future[Any]) -> bool:
    if kind == "failing":
        error = future.exception()
        return type(error) is TaskError and error.args == (number,)
    expected = number.to_bytes(NUMBER_BYTES, "little") * 20_000 if kind == "large" else number
    return future.exception() is None and future.result() == expected


# --- one round: a pool, and those who use it


@dataclasses.dataclass
class Submitted:
    kind: str
    number: int
    future: cf.Future[Any]
    called: list[Any]
    """Grows when the future calls back."""


class Round:
    def __init__(self, path: str, numbers: Iterator[int], dice: random.Random) -> None:
        self.path, self.numbers, self.dice = path, numbers, dice
        self.pool = pool(dice.randrange(1, 5))
        self.submitted: list[Submitted] = []
        self.taken: list[int] = []
        """Items of maps whose results came: ran once."""
        self.perhaps: list[int] = []
        """Tasks that may have been dropped: ran once or never."""
        self.kills = MODEL == "processes" and dice.random() < 0.4
        self.operations = 0

    def run(self) -> None:
        actors = [Running(self.act, random.Random(self.dice.random())) for _ in range(ACTORS)]
        if self.dice.random() < 0.7:
            actors.append(Running(self.end, random.Random(self.dice.random())))
        if self.kills:
            actors.append(Running(self.kill, random.Random(self.dice.random())))
        for actor in actors:
            actor.end()
        self.pool.shutdown()

    def act(self, dice: random.Random) -> None:
        mine: list[Submitted] = []
        operations = (self.submit, self.submit, self.map, self.map, self.cancel, self.wait)
        for _ in range(OPERATIONS):
            try:
                dice.choice(operations)(dice, mine)
            except cf.BrokenExecutor:
                assert self.kills, "broken, though nothing was killed"
                return
            except RuntimeError as error:
                assert "after shutdown" in str(error), error
                return
            self.operations += 1

    def submit(self, dice: random.Random, mine: list[Submitted]) -> None:
        for _ in range(dice.choice((1, 1, 5, 30))):
            number = next(self.numbers)
            kind = dice.choice((*KINDS, "quick", "quick"))
            if dice.random() < 0.2 and MODEL in ("serial", "threads"):
                kind = "waiting"
                inner = [next(self.numbers) for _ in range(dice.randrange(1, 4))]
                self.perhaps += inner
                future = self.pool.submit(waiting, self.pool, inner, self.path, number)
            else:
                future = self.pool.submit(KINDS[kind], self.path, number)
            each = Submitted(kind, number, future, [])
            future.add_done_callback(each.called.append)
            mine.append(each)
            self.submitted.append(each)

    def map(self, dice: random.Random, mine: list[Submitted]) -> None:
        items = [next(self.numbers) for _ in range(dice.choice((0, 1, 3, 20, 300)))]
        method = dice.choice((self.pool.map, self.pool.map_unordered))
        size, buffer = dice.choice((None, None, 1, 7)), dice.choice((None, None, 1, 10))
        self.perhaps += items  # also if it is refused half-way
        ahead = iter(items)
        wanted = dice.choice((0, 1, 10, len(items), len(items)))
        with contextlib.suppress(cf.CancelledError):  # the pool has been shut down
            results = method(
                functools.partial(quick, self.path),
                dice.choice((list, iter))(items),
                chunksize=size,
                buffersize=buffer,
            )
            for result in itertools.islice(results, wanted):
                assert method != self.pool.map or result == next(ahead), "out of order"
                self.taken.append(result)
            if dice.random() < 0.5:
                results.close()

    def cancel(self, dice: random.Random, mine: list[Submitted]) -> None:
        for each in dice.sample(mine, min(len(mine), 3)):
            if each.future.cancel():
                assert each.future.cancelled()

    def wait(self, dice: random.Random, mine: list[Submitted]) -> None:
        some = [each.future for each in dice.sample(mine, min(len(mine), 5))]
        way = dice.randrange(4)
        if way == 0:
            cf.wait(some, PATIENCE_S, dice.choice((cf.FIRST_COMPLETED, cf.ALL_COMPLETED, cf.FIRST_EXCEPTION)))
        elif way == 1:
            for _ in cf.as_completed(some, PATIENCE_S):
                pass
        for future in some[:2]:
            with contextlib.suppress(cf.CancelledError, TaskError, cf.TimeoutError, cf.BrokenExecutor):
                future.result(timeout=0.001 if way == 2 else None)

    def end(self, dice: random.Random) -> None:
        """Once some of it has been done, the pool is shut down, by this thread or by two."""
        wanted = dice.randrange(ACTORS * OPERATIONS // 2)
        limit = time.monotonic() + 1
        while self.operations < wanted and time.monotonic() < limit:
            time.sleep(0.001)
        options = {"wait": dice.random() < 0.5, "cancel_futures": dice.random() < 0.5}
        others = [Running(lambda: self.pool.shutdown(**options)) for _ in range(dice.randrange(2))]
        self.pool.shutdown(**options)
        for other in others:
            other.end()

    def kill(self, dice: random.Random) -> None:
        try:
            pid = self.pool.submit(os.getpid).result(PATIENCE_S)
        except (RuntimeError, cf.CancelledError):  # shut down already
            return
        time.sleep(dice.random() * 0.1)
        # One of a pool that is closed may have ended, and its number be another's.
        if pid in descendants():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def check(self, counts: collections.Counter[int]) -> None:
        futures = [each.future for each in self.submitted]
        assert not cf.wait(futures, PATIENCE_S).not_done, "tasks were lost"
        for each in self.submitted:
            number, future = each.number, each.future
            what = f"{each.kind} task {number}, {future}, ran {counts[number]} times"
            assert len(each.called) == 1, f"{what}, called back {len(each.called)} times"
            if future.cancelled():
                assert counts[number] == 0, what
            elif isinstance(future.exception(), cf.BrokenExecutor):
                assert self.kills and counts[number] <= 1, what
            else:
                assert counts[number] == 1 and right(each.kind, number, future), what
        for number in self.taken:
            assert counts[number] == 1, f"item {number} gave a result and ran {counts[number]} times"
        for number in self.perhaps:
            assert counts[number] <= 1, f"item {number} ran {counts[number]} times"
        duplicates = [number for number, times in collections.Counter(self.taken).items() if times > 1]
        assert not duplicates, f"items that came twice: {duplicates}"


def counts_of(path: str) -> collections.Counter[int]:
    with open(path, "rb") as file:
        data = file.read()
    assert len(data) % NUMBER_BYTES == 0
    return collections.Counter(
        int.from_bytes(data[at : at + NUMBER_BYTES], "little") for at in range(0, len(data), NUMBER_BYTES)
    )


def rounds(seconds: float, seed: int, done: dict[str, int]) -> None:
    import faulthandler  # where a worker interpreter does not come by: it may not load it

    numbers = itertools.count()
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder, nothing_left():
        while time.monotonic() < end:
            faulthandler.dump_traceback_later(LIMIT_S, exit=True)
            path = os.path.join(folder, str(done["rounds"]))
            with open(path, "wb"):
                pass
            one = Round(path, numbers, random.Random(seed + done["rounds"]))
            one.run()
            one.check(counts_of(path))
            done["rounds"] += 1
            done["tasks"] += len(one.submitted)
            done["items"] += len(one.taken)
            done["kills"] += one.kills
            del one


def main() -> None:
    import faulthandler

    done = {"rounds": 0, "tasks": 0, "items": 0, "kills": 0}
    failed = None
    sys.setswitchinterval(1e-4)
    try:
        rounds(float(sys.argv[2]), int(sys.argv[3]), done)
        assert threading.active_count() == 1, threading.enumerate()
    except BaseException:
        failed = traceback.format_exc()
        faulthandler.dump_traceback()
    print(json.dumps({**done, "failed": failed}), flush=True)
    if failed is not None:
        os._exit(1)  # what went wrong may also keep the program from ending


if __name__ == "__main__":
    main()

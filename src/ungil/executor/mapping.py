"""``map``: a job that hands out chunks of its items to whoever comes, and the results in order or as they are done.

There is no future per item: a chunk is a row of items that one worker runs. Its size is steered to a time (two
milliseconds, of which handing it out is a small part), grows from one item, and shrinks towards the end, so that the
workers end together (guided self-scheduling: Polychronopoulos and Kuck, 1987). A chunk that takes far longer than
expected is cut, and others go on with the rest of it.
"""

from __future__ import annotations

from _queue import Empty, SimpleQueue
from _thread import RLock
from collections import deque
from concurrent.futures import BrokenExecutor, CancelledError, TimeoutError
from functools import partial
from itertools import islice
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from ungil.executor.chunk import Chunk
from ungil.executor.results import Results, letting_go
from ungil.executor.worker import is_interrupt, new_context

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from contextvars import Context

    from ungil.executor.items import Items
    from ungil.executor.pool import Pool
    from ungil.executor.worker import Worker

_WINDOW = 256
"""Items of any other iterable that are read ahead, if a small part of a millisecond does not want more."""
_LARGEST = 1 << 12
"""Items that are read at a time."""
_GROWTH = 16
"""How much larger a chunk may be than the one before; elsewhere, where it cannot be cut, four times."""
_FINEST = 20
"""Towards the end chunks become that many times shorter than their target, and no shorter."""
_SLICE = 16
"""The clock is looked at four times within a chunk, or after so many items."""
_PATIENCE_S = 0.001
"""How long results that are there wait for input to be read ahead."""
_LATE = 4
"""A chunk that takes that many times its target is cut."""
_LOOK_S = 0.005, 0.05
"""How long a consumer waits for a chunk under way before it takes the results there are: at first, and at most."""
_ALONE_S = 0.0002
"""How long a consumer runs items by itself, if no worker comes: to call one takes about as long."""
_FEW = 32
"""A map of so many items at most is left to its consumer, if that was done with the last one by then."""
_ONLY = (0,)


_NOTHING: Iterator[Any] = iter(())


class Job:
    """One ``map``."""

    is_job = True

    # Here rather than in __init__, which is half of what a map of ten items costs.
    _base = _position = 0
    _cut_count = _taken_count = 0
    _ahead = 0
    _error: BaseException | None = None
    _is_taken = _is_abandoned = False
    _batches: deque[list[Any]] | tuple[()] = ()
    done: deque[Chunk] | None = None
    """Chunks that are done, where the order does not matter."""
    _sleeper: tuple[SimpleQueue[None], Chunk | None] | None = None
    """Where the consumer sleeps (see ``Worker.call``), and for which chunk; None for any."""
    sent: tuple[int, bytes] | None = None
    """The function as it is sent to workers that are not here."""
    owner: object = None
    """What would shut the pool down, were it not kept for the input that is still to be read."""

    def __init__(
        self, pool: Pool, fn: Callable[..., Any], items: Items, chunksize: int | None, buffersize: int | None
    ) -> None:
        self.pool = pool
        self.fn = fn
        self.spread = items.spread
        self._chunksize = chunksize
        self._size = self._least = 1
        self._share = 2 * pool.max_workers
        self._lock = RLock()  # re-entrant for finalisers
        # Items there to be cut into chunks (from `_base` to `_end`), and where the next cut is.
        self._items = items.there
        self._end = len(items.there)
        # Chunks cut that nobody has claimed; all those whose results are to come.
        self._ready: deque[Chunk] = deque()
        self._first = self._last = Chunk(0, 0, _NOTHING)
        # The input that is not there yet.
        self._buffersize = buffersize
        self._rest = items.rest
        if buffersize is not None and items.rest is None:
            self._rest, self._items, self._end = iter(items.there), (), 0
        if self._rest is not None:
            self._batches = deque()
            self._reading = RLock()

    # --- for the pool

    @property
    def width(self) -> int:
        """How many workers find something to do."""
        return self._end - self._position + len(self._ready)

    @property
    def is_few(self) -> bool:
        """Whether it has so few items that its consumer might have them done before a worker comes."""
        return self._rest is None and self._end <= _FEW

    @property
    def is_claimed(self) -> bool:
        """Whether there is nothing to do, for now."""
        with self._lock:  # a chunk that is being cut is neither here nor there
            return self._position >= self._end and not self._ready and not self._batches

    def run(self, worker: Worker) -> None:
        """Have a worker run chunks while there are any."""
        try:
            chunk = self._claim()
            while chunk is not None:
                chunk = self._run_chunk(chunk, worker)
            if self.is_few and self._least > _FEW:
                self.pool.is_left_alone = True  # the next one like this is left to its consumer
        except BrokenExecutor as error:  # the worker is lost, and with it the pool
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """End what nobody has claimed."""
        with self._lock:
            self._error = self._error or error
            unclaimed = self._let_go()
        for chunk in unclaimed:
            chunk.error = error
            self._finish(chunk)
        with self._lock:
            sleeper, self._sleeper = self._sleeper, None
        if sleeper is not None:
            sleeper[0].put(None)

    def drop(self) -> None:
        """Cancel what nobody has claimed."""
        self.fail(CancelledError())

    def forget(self, error: BaseException) -> None:
        """End it in a forked child (see ``Future.forget``)."""
        self._lock = RLock()
        self._reading = RLock()
        self.fail(error)

    def read_rest(self) -> None:
        """Its pool takes no more after this: read all the input, unless that is the consumer's own business."""
        if not self._is_taken and self._buffersize is None:
            self._read(window=None)

    # --- chunks

    def _claim(self, done: Chunk | None = None) -> Chunk | None:
        """A chunk for the running thread to run; ``done``: the one that it has run.

        Both at once, and before the consumer is called: it shall not find this thread at work with what it needs.
        Without the GIL a thread that finds a lock taken gives its core away forty times, in 3.14 even if the lock is
        free again at once (``_PyMutex_LockTimed``).
        """
        lock = self._lock
        chunk = sleeper = None
        try:
            lock.acquire()  # by hand, as in `Pool`
            if self._ready:
                chunk = self._ready.popleft()
            elif self._position < self._end or self._batches:
                chunk = self._cut()
            if chunk is not None:
                chunk.is_claimed = True
            if done is not None:
                done.is_done = True
                if self.done is not None:
                    self.done.append(done)
                if self._sleeper is not None and self._sleeper[1] in (None, done):
                    sleeper, self._sleeper = self._sleeper, None
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass
        if sleeper is not None:
            sleeper[0].put(None)
        return chunk

    def _claim_this(self, wanted: Chunk) -> bool:
        with self._lock:
            if wanted not in self._ready:  # somebody else has it, or it was dropped
                return False
            self._ready.remove(wanted)
            wanted.is_claimed = True
            return True

    def _take(self) -> Any:
        """The next item."""
        if self._position >= self._end:
            self._refill()
        item = self._items[self._position - self._base]
        self._position += 1
        if self._position == self._end:
            self._items = ()
        return item

    def _refill(self) -> None:
        assert isinstance(self._batches, deque)
        self._items = self._batches.popleft()
        self._base = self._position
        self._end = self._base + len(self._items)

    def _cut(self) -> Chunk:
        if self._position >= self._end:
            self._refill()
        start = self._position
        left = self._end - start
        if self._chunksize is not None:
            count = min(left, self._chunksize)
        elif self._end <= self._share:
            count = 1  # so few that they may be waiting for each other
        elif self._rest is None and not self._batches:
            count = min(left, self._size, max(-(-left // self._share), self._least))  # towards the end
        else:
            count = min(self._size, left, -(-(self._buffersize or _LARGEST) // self._share))
        self._position = start + count
        items: Any
        # Not a slice, which would count a reference to each item twice: dear, where its count is another thread's.
        if not self.pool.is_here:
            items = self._items, slice(start - self._base, start - self._base + count)
        elif type(self._items) is range:
            items = iter(self._items[start : start + count])
        else:
            items = iter(self._items)
            items.__setstate__(start - self._base)
        if self._position == self._end:
            self._items = ()  # kept by those who run them, while they do
        self._cut_count += count
        chunk = Chunk(start, count, items)
        self._last.next = chunk
        self._last = chunk
        return chunk

    def _run_chunk(self, chunk: Chunk, worker: Worker, is_only: bool = False) -> Chunk | None:
        """Also the next one to run, unless this is the only one."""
        results, items, count = chunk.results, chunk.items, chunk.count
        began_s = perf_counter()
        try:
            if count == 1 or self._chunksize is not None or not worker.is_here:
                chunk.packed = worker.run_many(self, items, count, results, chunk.failures)
            else:
                self._run_in_slices(chunk, worker, began_s + _LATE * worker.target_s)
        except BaseException as error:  # the worker is lost, or the program interrupted
            chunk.error = error
            self._finish(chunk)
            raise
        if self._chunksize is None:
            each_s = (perf_counter() - began_s) / (len(results) or count)
            fitting = int(worker.target_s / each_s) if each_s > 0 else worker.largest
            self._size = max(1, min(worker.largest, _GROWTH * count if worker.is_here else 4 * count, fitting))
            if worker.is_here or self._end > _FEW:  # elsewhere results come by the chunk, and some might be waited for
                self._least = max(1, fitting // _FINEST)
        chunk.items = _NOTHING
        if not is_only:
            return self._claim(chunk)
        self._finish(chunk)
        return None

    def _run_in_slices(self, chunk: Chunk, worker: Worker, late_s: float) -> None:
        """Look at the clock now and then, and first after one item: it may not take what others took."""
        results, items, count = chunk.results, chunk.items, chunk.count
        step = 1
        while True:
            worker.run_many(self, items, min(step, count - len(results)), results, chunk.failures)
            if len(results) >= count or self._is_abandoned:
                return
            if perf_counter() > late_s:
                self._hand_back(chunk)
                return
            step = max(_SLICE, count // 4)

    def _hand_back(self, chunk: Chunk) -> None:
        """Leave the items of a chunk that are not run to others."""
        run = len(chunk.results)
        with self._lock:
            rest = Chunk(chunk.start + run, chunk.count - run, chunk.items)
            rest.next = chunk.next
            chunk.next = rest
            chunk.count = run
            if self._last is chunk:
                self._last = rest
            self._ready.appendleft(rest)
        self.pool.push_first(self)

    def _finish(self, chunk: Chunk) -> None:
        with self._lock:
            chunk.is_done = True
            if self.done is not None:
                self.done.append(chunk)
            sleeper, self._sleeper = self._sleeper, None
        if sleeper is not None:
            sleeper[0].put(None)

    # --- input

    def start(self, owner: object) -> None:
        """Have the pool begin.

        Raises:
            RuntimeError, BrokenExecutor: as ``Pool.push``; whatever reading the first part of the input raises.
        """
        if self._rest is not None:
            self.owner = owner
            self.pool.unread.add(self)
            self._read(self._buffersize or _WINDOW)
            if self._error is not None and not isinstance(self._error, CancelledError):
                raise self._error
        else:
            self.pool.push(self)

    def _read(self, window: int | None, patience_s: float | None = None) -> None:
        """Read as many items as there is room for; by the consumer's thread, as they may be bound to it.

        ``patience_s``: stop earlier where the items take that long to come, and some are there.
        """
        with self._reading:
            began_s = perf_counter()
            step = max(16, self._size)
            while self._rest is not None:
                room = step if window is None else min(step, window - self._ahead)
                if room <= 0:
                    return
                batch: list[Any] = []
                error: BaseException | None = None
                try:
                    batch.extend(islice(self._rest, room))  # what comes before a failure stays there
                except Exception as raised:
                    error = raised
                is_end = len(batch) < room
                if batch and not self._is_abandoned:
                    try:
                        self.pool.push(self, partial(self._add, batch))
                    except Exception as raised:
                        error, is_end = raised, True
                if error is not None:
                    self._error = self._error or error
                if is_end:
                    self._end_of_input()
                if patience_s is not None and perf_counter() - began_s > patience_s:
                    return
                step = min(2 * step, _LARGEST)

    def _add(self, batch: list[Any]) -> None:
        with self._lock:
            if isinstance(self._batches, deque):  # else it was dropped meanwhile
                self._ahead += len(batch)
                self._batches.append(batch)

    def _end_of_input(self) -> None:
        self._rest = None
        self.pool.unread.discard(self)
        self.owner = None

    def _read_ahead(self) -> None:
        if self._rest is not None:
            window = self._buffersize or max(_WINDOW, 2 * self._share * (self._chunksize or self._size))
            # Of what is not bounded by the program, not item by item.
            if self._buffersize is not None or 4 * self._ahead < 3 * window:
                self._read(window, _PATIENCE_S if self._ahead else None)

    # --- results

    def results(self, deadline: float | None) -> Results:
        """An iterator over the results: in order, or, where ``done`` is a queue, as they are done.

        ``deadline``: by ``time.monotonic()``.
        """
        return Results((self._in_order if self.done is None else self._as_done)(deadline), self)

    def _in_order(self, deadline: float | None) -> Generator[Iterable[Any], None, None]:
        chunk, self._first = self._first, None  # type: ignore[assignment]  # keeps no results but those to come
        self._is_taken = True
        try:
            if deadline is None:
                yield from self._run_alone(chunk)
            while (following := self._after(chunk)) is not None:
                chunk = following
                following = None
                self._taken_count += chunk.count
                if not chunk.is_done:
                    yield from self._until_done(chunk, deadline)
                if chunk.error is not None or chunk.failures or chunk.given or self._rest is not None:
                    yield from self._hand_over(chunk)
                else:
                    yield letting_go(chunk.take())
            if self._error is not None:
                raise self._error
        finally:
            self.abandon()

    @property
    def left(self) -> int | None:
        """About how many results are to come; None where that is not known."""
        return None if self._rest is not None else self._cut_count + self._end - self._position - self._taken_count

    def _after(self, chunk: Chunk) -> Chunk | None:
        """The chunk after this one, cut if need be; None at the end."""
        if chunk.next is None:
            self._read_ahead()
            with self._lock:
                if chunk.next is None and not self.is_claimed:
                    self._ready.append(self._cut())
        return chunk.next

    def _run_alone(self, last: Chunk) -> Generator[Iterable[Any], None, None]:
        """As long as no worker has come, run what comes after this chunk here.

        That is one item for each result that is asked for: one further on might be waiting for what the consumer does
        with the first.
        """
        pool, lock = self.pool, self._lock
        context: Context | None = None
        began_s = perf_counter()
        while last.next is None:
            if perf_counter() - began_s > _ALONE_S:
                return  # with the GIL, a worker could not come for five milliseconds
            if self._rest is not None:
                self._read_ahead()
            place = None
            try:
                if (place := pool.step_in(self)) is None:
                    return
                with lock:
                    if last.next is not None or not (self._position < self._end or self._batches):
                        break
                    position = self._position
                    item = self._take()
                if context is None:
                    context = new_context()
                result = [context.run(self.fn, *item) if self.spread else context.run(self.fn, item)]
            except BaseException as error:
                if not is_interrupt(error):
                    self._note(error, position)
                raise
            finally:
                item = None
                if place is not None:
                    pool.step_out(place)
            if self._rest is not None:  # the result makes room for an item, and where that is exact, before it is taken
                self._ahead -= 1
                if self._buffersize is not None:
                    self._read_ahead()
            yield map(result.pop, _ONLY)  # without keeping it
        if last.next is None:
            pool.discard(self)
            if self.is_few:
                pool.is_left_alone = True

    def _as_done(self, deadline: float | None) -> Generator[Iterable[Any], None, None]:
        assert self.done is not None
        self._is_taken = True
        self._first = None  # type: ignore[assignment]  # as above
        try:
            while True:
                self._read_ahead()
                chunk = self._next_done(deadline)
                if chunk is None:
                    break
                yield from self._hand_over(chunk)
            if self._error is not None:
                raise self._error
        finally:
            self.abandon()

    def _until_done(self, chunk: Chunk, deadline: float | None) -> Generator[Iterable[Any], None, None]:
        """Wait for a chunk; where it takes long, its results before its end."""
        self._help(chunk, deadline)
        pause_s, longest_s = _LOOK_S
        while True:
            # Before the end of others there is nothing to be seen.
            looks = self.pool.is_here and chunk.given < chunk.count - 1
            self._sleep(chunk, pause_s if looks else None, deadline)
            if chunk.is_done:
                return
            pause_s = min(2 * pause_s, longest_s)
            results = chunk.results
            there = min(len(results), *chunk.failures) if chunk.failures else len(results)
            if there > chunk.given:
                part = results[chunk.given : there]
                chunk.given = there
                yield from self._one_by_one(part)
            elif deadline is not None and monotonic() >= deadline:
                raise TimeoutError

    def _hand_over(self, chunk: Chunk) -> Generator[Iterable[Any], None, None]:
        """The results of a chunk that is done, without those given before, and then its failure."""
        if chunk.error is not None:
            raise chunk.error
        results = chunk.take()
        failures, chunk.failures = chunk.failures, {}
        position = min(failures) if failures else len(results)
        if position < len(results):
            del results[position:]
        if chunk.given:
            del results[: chunk.given]
        yield from self._one_by_one(results)
        if failures:
            error = failures[position]
            self._note(error, chunk.start + position)
            try:
                raise error
            finally:
                del error, failures  # the traceback holds this frame

    def _note(self, error: BaseException, position: int) -> None:
        if hasattr(error, "add_note"):  # 3.11
            from ungil.executor.sending import describe  # brings pickle in

            error.add_note(f"item {position} of a map of {describe(self.fn)}")

    def _one_by_one(self, results: list[Any]) -> Generator[Iterable[Any], None, None]:
        if self._buffersize is None:
            count = len(results)
            yield letting_go(results)
            if self._rest is not None:
                self._ahead -= count
                self._read_ahead()
            return
        results.reverse()
        while results:
            # Each result that is taken makes room for an item, and before it is, as in the library.
            self._ahead -= 1
            self._read_ahead()
            yield (results.pop(),)

    def _next_done(self, deadline: float | None) -> Chunk | None:
        """A chunk that is done and not handed over; None when there will be none."""
        assert self.done is not None
        while True:
            if self.done:
                chunk = self.done.popleft()
                self._taken_count += chunk.count
                return chunk
            self.pool.stand_in()
            with self._lock:
                if not self.done and self._taken_count == self._cut_count and self.is_claimed:
                    return None
            if self.pool.is_left_alone:
                self.pool.rouse()
            self._sleep(None, None, deadline)
            if not self.done and deadline is not None and monotonic() >= deadline:
                raise TimeoutError

    def _sleep(self, awaited: Chunk | None, limit_s: float | None, deadline: float | None) -> None:
        """Until that chunk is done, or any; not longer than that, and may be too short."""
        bell: SimpleQueue[None] = SimpleQueue()
        with self._lock:
            if self.done or (awaited is not None and awaited.is_done):
                return
            self._sleeper = bell, awaited
        if deadline is not None:
            left_s = max(0.0, deadline - monotonic())
            limit_s = left_s if limit_s is None else min(limit_s, left_s)
        try:
            bell.get(timeout=limit_s)
        except Empty:
            with self._lock:  # a worker may just be looking at it
                self._sleeper = None

    def _help(self, wanted: Chunk, deadline: float | None) -> None:
        """Where a worker of the pool is the consumer, have it run what it would wait for: there may be nobody else.

        Others just wait: see ``_run_alone``.
        """
        worker = self.pool.own_worker()
        if worker is None:
            if not wanted.is_claimed:
                self.pool.rouse()
        elif deadline is None and worker.is_available:
            if self._claim_this(wanted):
                new_context().run(self._run_chunk, wanted, worker, True)
        else:
            self.pool.stand_in()

    def abandon(self) -> None:
        """Nobody wants the results any more."""
        with self._lock:
            self._is_abandoned = True
            self._let_go()

    def _let_go(self) -> list[Chunk]:
        """Forget what nobody has claimed; the chunks among it."""
        self._position = self._end
        self._items = ()
        self._batches = ()
        unclaimed = list(self._ready)
        self._ready.clear()
        self._end_of_input()
        return unclaimed

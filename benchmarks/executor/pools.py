"""Everybody's pools behind one face. Each call does what that library's own users would write, and no more."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Any

Function = Callable[[Any], Any]


class UnavailableError(Exception):
    """Why a contestant cannot take part."""


def peer(name: str) -> Any:
    """A library that may not be installed, or a part of the standard library that not every version has."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name.partition(".")[0]:
            raise UnavailableError(f"{error.name} is not installed") from error
        raise


class Pool:
    """An open pool. ``map`` gives a list: made from the iterator where the library returns one."""

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        raise NotImplementedError

    def submit_all(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        """Submit every task, then collect the results in their order."""
        raise UnavailableError("has no submit")

    def submit_each(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        """Submit a task, wait for its result, and only then submit the next."""
        raise UnavailableError("has no submit")

    def close(self) -> None:
        """End the workers and wait for that."""


class Builtin(Pool):
    """No pool at all."""

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        return list(map(fn, xs))


class Futures(Pool):
    """Whatever has the interface of ``concurrent.futures.Executor``."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        if chunksize is None:
            return list(self._executor.map(fn, xs))
        return list(self._executor.map(fn, xs, chunksize=chunksize))

    def submit_all(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        submit = self._executor.submit
        return [future.result() for future in [submit(fn, x) for x in xs]]

    def submit_each(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        submit = self._executor.submit
        return [submit(fn, x).result() for x in xs]

    def close(self) -> None:
        self._executor.shutdown()


class UngilMap(Pool):
    """``ungil.map``, which opens a pool and closes it in every call."""

    def __init__(self, workers: int) -> None:
        self._workers, self._ungil = workers, peer("ungil")

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        return list(self._ungil.map(fn, xs, max_workers=self._workers, model="threads"))


class Multiprocessing(Pool):
    """``multiprocessing.Pool`` and ``multiprocessing.pool.ThreadPool``."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        results: list[Any] = self._pool.map(fn, xs, chunksize)
        return results

    def submit_all(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        submit = self._pool.apply_async
        return [result.get() for result in [submit(fn, (x,)) for x in xs]]

    def submit_each(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        submit = self._pool.apply_async
        return [submit(fn, (x,)).get() for x in xs]

    def close(self) -> None:
        self._pool.close()
        self._pool.join()


class Joblib(Pool):
    """``joblib.Parallel``, kept open."""

    def __init__(self, workers: int, backend: str) -> None:
        self._joblib = peer("joblib")
        self._backend = backend
        self._parallel = self._joblib.Parallel(n_jobs=workers, backend=backend)
        self._parallel.__enter__()

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        self._parallel.batch_size = chunksize or "auto"
        task = self._joblib.delayed(fn)
        results: list[Any] = self._parallel(task(x) for x in xs)
        return results

    def close(self) -> None:
        self._parallel.__exit__(None, None, None)
        if self._backend == "loky":  # whose workers are otherwise kept for the next Parallel
            peer("joblib.externals.loky").get_reusable_executor().shutdown(wait=True)


class Mpire(Multiprocessing):
    """``mpire.WorkerPool``, its workers kept alive from one call to the next; tasks as of ``multiprocessing``."""

    def __init__(self, workers: int, start_method: str) -> None:
        super().__init__(peer("mpire").WorkerPool(n_jobs=workers, start_method=start_method, keep_alive=True))

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        results: list[Any] = self._pool.map(fn, xs, chunk_size=chunksize, concatenate_numpy_output=False)
        return results

    def close(self) -> None:
        self._pool.stop_and_join()


class Pebble(Pool):
    """``pebble.ThreadPool`` and ``pebble.ProcessPool``."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        return list(self._pool.map(fn, xs, chunksize=chunksize or 1).result())

    def submit_all(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        schedule = self._pool.schedule
        return [future.result() for future in [schedule(fn, args=(x,)) for x in xs]]

    def submit_each(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        schedule = self._pool.schedule
        return [schedule(fn, args=(x,)).result() for x in xs]

    def close(self) -> None:
        self._pool.close()
        self._pool.join()


class Fastiter(Pool):
    """``fastiter``; ten thousand items and fewer it works off in the caller's thread."""

    def __init__(self, workers: int) -> None:
        self._fastiter = peer("fastiter")
        self._fastiter.set_num_threads(workers)

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        results: list[Any] = self._fastiter.into_par_iter(xs).map(fn).collect()
        return results

    def close(self) -> None:
        self._fastiter.ThreadPoolConfig.global_config().shutdown()


class Hypertile(Pool):
    """``hypertile``, whose results can only be awaited; its one pool lasts as long as the process."""

    def __init__(self, workers: int) -> None:
        self._hypertile = peer("hypertile")
        self._hypertile.configure(workers)
        self._loop = asyncio.new_event_loop()

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        async def gather() -> list[Any]:
            results: list[Any] = await self._hypertile.gather_to_thread(fn, xs)
            return results

        return self._loop.run_until_complete(gather())

    def submit_all(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        submit = self._hypertile.to_thread

        async def collect() -> list[Any]:
            return [await task for task in [submit(fn, x) for x in xs]]

        return self._loop.run_until_complete(collect())

    def submit_each(self, fn: Function, xs: Iterable[Any]) -> list[Any]:
        submit = self._hypertile.to_thread

        async def collect() -> list[Any]:
            return [await submit(fn, x) for x in xs]

        return self._loop.run_until_complete(collect())

    def close(self) -> None:
        self._loop.close()


class OneThread(Pool):
    """No pool, but a thread beside the main one, as the tasks of a pool have it."""

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        return _in_threads(fn, [xs])


class EvenShares(Pool):
    """Threads made by hand, each with its share from the start: what the machine gives to threads without a pool."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def map(self, fn: Function, xs: Sequence[Any], chunksize: int | None) -> list[Any]:
        return _in_threads(fn, [xs[first :: self._workers] for first in range(self._workers)])


def _in_threads(fn: Function, shares: list[Sequence[Any]]) -> list[Any]:
    results: list[list[Any]] = [[] for _ in shares]

    def work(share: Sequence[Any], into: list[Any]) -> None:
        into.extend(map(fn, share))

    threads = [threading.Thread(target=work, args=pair) for pair in zip(shares, results, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [result for share in results for result in share]

"""Who takes part, model by model. Ungil comes first: the others' ratios are to it."""

from __future__ import annotations

import multiprocessing.pool
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass

from pools import (
    Builtin,
    EvenShares,
    Fastiter,
    Futures,
    Hypertile,
    Joblib,
    Mpire,
    Multiprocessing,
    OneThread,
    Pebble,
    Pool,
    UnavailableError,
    UngilMap,
    peer,
)


@dataclass(frozen=True)
class Contestant:
    name: str
    open: Callable[[int], Pool]
    """With a number of workers. Raises UnavailableError, or anything else that the library raises here."""
    tuned: bool = False
    """Whether several chunk sizes are tried before it is measured, and the best one taken."""
    closes: bool = True
    """Whether its pool can be closed and opened anew."""


def _ungil(model: str) -> Callable[[int], Pool]:
    return lambda workers: Futures(peer("ungil").Executor(workers, model=model))


def _interpreters(workers: int) -> Pool:
    pool = getattr(peer("concurrent.futures"), "InterpreterPoolExecutor", None)
    if pool is None:
        raise UnavailableError("needs Python 3.14 or newer")
    return Futures(pool(workers))


def _free_threading(backend: str) -> Callable[[int], Pool]:
    def open_pool(workers: int) -> Pool:
        library = peer("freethreading")
        if library.get_backend() != backend:
            raise UnavailableError(f"is {library.get_backend()} on this build")
        return Futures(library.WorkerPoolExecutor(max_workers=workers))

    return open_pool


UNGIL = Contestant("ungil.Executor", _ungil("threads"))
SERIAL = Contestant("ungil.Executor, serial", _ungil("serial"))
UNGIL_MAP = Contestant("ungil.map, its pool included", UngilMap)
BUILTIN = Contestant("list(map(f, xs))", lambda _: Builtin())
THREAD_POOL_EXECUTOR = Contestant("ThreadPoolExecutor", lambda workers: Futures(ThreadPoolExecutor(workers)))
THREAD_POOL = Contestant(
    "multiprocessing ThreadPool", lambda workers: Multiprocessing(multiprocessing.pool.ThreadPool(workers))
)
FASTITER = Contestant("fastiter", Fastiter)
HYPERTILE = Contestant("hypertile", Hypertile, closes=False)

THREADS = (
    UNGIL,
    THREAD_POOL_EXECUTOR,
    THREAD_POOL,
    Contestant("joblib, threading", lambda workers: Joblib(workers, "threading")),
    Contestant("joblib, threading", lambda workers: Joblib(workers, "threading"), tuned=True),
    Contestant("mpire, threading", lambda workers: Mpire(workers, "threading")),
    Contestant("pebble ThreadPool", lambda workers: Pebble(peer("pebble").ThreadPool(workers)), tuned=True),
    FASTITER,
    HYPERTILE,
    Contestant("free-threading", _free_threading("threading")),
)

# Started as the standard library's pools are, by its default; mpire's own default is to fork a process with threads.
PROCESSES = (
    Contestant("ungil.Executor", _ungil("processes")),
    Contestant("ProcessPoolExecutor", lambda workers: Futures(ProcessPoolExecutor(workers))),
    Contestant("ProcessPoolExecutor", lambda workers: Futures(ProcessPoolExecutor(workers)), tuned=True),
    Contestant("multiprocessing.Pool", lambda workers: Multiprocessing(multiprocessing.Pool(workers))),
    Contestant("multiprocessing.Pool", lambda workers: Multiprocessing(multiprocessing.Pool(workers)), tuned=True),
    Contestant("joblib, loky", lambda workers: Joblib(workers, "loky")),
    Contestant("joblib, loky", lambda workers: Joblib(workers, "loky"), tuned=True),
    Contestant("mpire", lambda workers: Mpire(workers, multiprocessing.get_start_method()), tuned=True),
    Contestant(
        "pebble ProcessPool",
        lambda workers: Pebble(peer("pebble").ProcessPool(workers, context=multiprocessing.get_context())),
        tuned=True,
    ),
    Contestant("free-threading", _free_threading("multiprocessing")),
)

# Not tuned: the standard library's interpreter pool takes a chunk size and makes no use of it.
INTERPRETERS = (
    Contestant("ungil.Executor", _ungil("interpreters")),
    Contestant("InterpreterPoolExecutor", _interpreters),
)

ALONE = Contestant("one thread, no pool", lambda _: OneThread())
BY_HAND = Contestant("threads by hand, even shares", EvenShares)

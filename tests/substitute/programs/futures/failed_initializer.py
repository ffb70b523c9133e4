"""An initializer that fails breaks the pool, and the program handles it."""

import logging
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from concurrent.futures.thread import BrokenThreadPool


def refuse(why):
    raise RuntimeError(why)


def work(n):
    return n


if __name__ == "__main__":
    logging.disable()
    for pool_class, broken in ((ProcessPoolExecutor, BrokenProcessPool), (ThreadPoolExecutor, BrokenThreadPool)):
        with pool_class(1, initializer=refuse, initargs=("not today",)) as pool:
            error = None
            try:
                error = pool.submit(work, 1).exception()
            except BrokenExecutor as early:
                error = early
            print(pool_class.__name__, isinstance(error, broken), type(error).__name__, error)
            try:
                while True:
                    pool.submit(work, 2).result()
            except broken:
                print("broken")

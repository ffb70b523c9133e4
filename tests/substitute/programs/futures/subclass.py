"""Programs that subclass a pool, check for it, pickle its class, and look at its private attributes."""

import concurrent.futures
import inspect
import pickle
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor


class CountingPool(ProcessPoolExecutor):
    def __init__(self, width, **options):
        super().__init__(max_workers=width, **options)
        self.count = 0

    def submit(self, fn, /, *args, **kwargs):
        self.count += 1
        return super().submit(fn, *args, **kwargs)


class NamedThreads(ThreadPoolExecutor):
    pass


def double(n):
    return 2 * n


def mistakes(cls):
    for args, kwargs in (
        ((0,), {}),
        ((), {"max_workers": -3}),
        ((), {"initializer": 3}),
        ((), {"width": 2}),
        ((1,) * 9, {}),
    ):
        try:
            cls(*args, **kwargs)
        except (TypeError, ValueError) as error:
            print(cls.__name__, type(error).__name__, error)


if __name__ == "__main__":
    with CountingPool(2) as pool:
        print(list(pool.map(double, range(5))), pool.count)
        print(isinstance(pool, ProcessPoolExecutor), isinstance(pool, Executor), isinstance(pool, ThreadPoolExecutor))
        print(pool._max_workers, pool.submit(double, 4).result(), pool.count)
    with NamedThreads(2, thread_name_prefix="mine") as pool:
        print(list(pool.map(double, range(3))), pool._work_queue.qsize(), pool._thread_name_prefix)
        print(isinstance(pool, ThreadPoolExecutor), len(pool._threads) <= 2)
    for cls in (ProcessPoolExecutor, ThreadPoolExecutor):
        print(cls.__module__, cls.__qualname__, pickle.loads(pickle.dumps(cls)) is cls)
        print(inspect.signature(cls), getattr(concurrent.futures, cls.__name__) is cls)
    mistakes(ThreadPoolExecutor)
    mistakes(ProcessPoolExecutor)

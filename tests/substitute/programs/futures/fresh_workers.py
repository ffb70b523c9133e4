"""Workers that are made anew after some tasks (Python 3.11 or newer)."""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor


def square(n):
    return n * n


if __name__ == "__main__":
    options = {}
    if sys.version_info >= (3, 11):
        options = {"max_tasks_per_child": 2, "mp_context": multiprocessing.get_context("spawn")}
    with ProcessPoolExecutor(1, **options) as pool:
        print(list(pool.map(square, range(5))))
    if options:
        for wrong in (0, "2"):
            try:
                ProcessPoolExecutor(1, max_tasks_per_child=wrong)
            except (TypeError, ValueError) as error:
                print(error)
        try:
            ProcessPoolExecutor(1, max_tasks_per_child=1, mp_context=multiprocessing.get_context("fork"))
        except ValueError as error:
            print(error)

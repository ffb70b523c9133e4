"""Every way to get at the class."""

import concurrent.futures
import concurrent.futures as cf
import concurrent.futures.process
from concurrent import futures
from concurrent.futures import ProcessPoolExecutor as Renamed
from concurrent.futures.process import ProcessPoolExecutor


def square(n):
    return n * n


if __name__ == "__main__":
    late = __import__("concurrent.futures", fromlist=["ProcessPoolExecutor"]).ProcessPoolExecutor
    classes = [
        concurrent.futures.ProcessPoolExecutor,
        cf.ProcessPoolExecutor,
        futures.ProcessPoolExecutor,
        concurrent.futures.process.ProcessPoolExecutor,
        Renamed,
        ProcessPoolExecutor,
        late,
    ]
    print(len(set(classes)), "ProcessPoolExecutor" in dir(concurrent.futures))
    for cls in classes:
        with cls(1) as pool:
            print(pool.submit(square, 3).result())

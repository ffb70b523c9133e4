"""A pool of interpreters (Python 3.14 or newer)."""

import concurrent.futures


def square(n):
    return n * n


if __name__ == "__main__":
    cls = getattr(concurrent.futures, "InterpreterPoolExecutor", None)
    if cls is None:
        print("none here")
    else:
        with cls(2) as pool:
            print(list(pool.map(square, range(5))), isinstance(pool, concurrent.futures.ThreadPoolExecutor))

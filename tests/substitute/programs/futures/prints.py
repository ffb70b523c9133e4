"""A worker that prints; the main program prints when it is done."""

import sys
from concurrent.futures import ProcessPoolExecutor


def say(n):
    print("task", n)
    print("more of", n, flush=True)
    return n


if __name__ == "__main__":
    with ProcessPoolExecutor(1) as pool:
        results = list(pool.map(say, range(4)))
    sys.stdout.flush()
    print(results)

"""A package run with -m, whose workers' function stands in a module of it."""

import sys
from concurrent.futures import ProcessPoolExecutor

from .work import count

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        print(list(pool.map(count, ["a b", "c", ""])), sys.argv[1:])

"""A worker of a pool may not have a pool, one of another kind may."""

import multiprocessing as mp
from multiprocessing.pool import ThreadPool


def inner(x):
    return x + 1


def outer(x):
    try:
        with mp.Pool(1) as pool:
            return pool.map(inner, [x])
    except AssertionError as e:
        return str(e)


def threads(x):
    with ThreadPool(2) as pool:
        return pool.map(inner, [x, x])


if __name__ == "__main__":
    with mp.Pool(2) as pool:
        print(pool.map(outer, range(2)))
        print(pool.map(threads, range(2)))

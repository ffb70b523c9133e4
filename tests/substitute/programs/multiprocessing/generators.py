"""Lazy, endless and failing iterables."""

import itertools
import multiprocessing as mp


def double(x):
    return 2 * x


def failing():
    yield 1
    yield 2
    raise OSError("source is gone")


if __name__ == "__main__":
    with mp.Pool(2) as pool:
        print(pool.map(double, (i for i in range(5))))
        print(list(pool.imap(double, (i for i in range(7)), chunksize=2)))
        it = pool.imap(double, failing())
        got = []
        try:
            for x in it:
                got.append(x)
        except OSError as e:
            print(got, e)
        try:
            pool.map(double, failing())
        except OSError as e:
            print("map", e)
        print(list(pool.imap(double, [])), pool.map(double, []))
    with mp.Pool(2) as pool:
        print(list(itertools.islice(pool.imap(double, itertools.islice(itertools.count(), 10000)), 5)))

"""Workers build a table once, and look things up in it."""

import multiprocessing as mp

_table = None


def init(n):
    global _table
    _table = {i: i**3 for i in range(n)}


def lookup(k):
    return _table.get(k, -1)


if __name__ == "__main__":
    with mp.Pool(3, initializer=init, initargs=(50,)) as pool:
        print(pool.map(lookup, [1, 10, 49, 50]))

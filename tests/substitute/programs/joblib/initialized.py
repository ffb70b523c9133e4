"""Workers that load something first, into a module of their own."""

import string

from joblib import Parallel, delayed, parallel_config


def load(size):
    string.table = [n * n for n in range(size)]


def look_up(n):
    return string.table[n]


if __name__ == "__main__":
    with parallel_config(backend="loky", n_jobs=2, initializer=load, initargs=(10,)):
        print(Parallel()(delayed(look_up)(n) for n in range(10)))

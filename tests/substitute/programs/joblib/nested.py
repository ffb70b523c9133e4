"""Parallel inside Parallel, and a cache."""

import tempfile

from joblib import Memory, Parallel, delayed


def square(n):
    return n * n


def row(n):
    return sum(Parallel(n_jobs=2)(delayed(square)(i) for i in range(n)))


if __name__ == "__main__":
    print(Parallel(n_jobs=2)(delayed(row)(n) for n in range(5)))
    with tempfile.TemporaryDirectory() as folder:
        cached = Memory(folder, verbose=0).cache(square)
        print(Parallel(n_jobs=2)(delayed(cached)(n % 2) for n in range(4)))
        print(cached.check_call_in_cache(1))

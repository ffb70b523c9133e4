"""Every way to choose a backend."""

import math

from joblib import Parallel, delayed, parallel_backend, parallel_config


def square(n):
    return n * n


if __name__ == "__main__":
    print(Parallel(n_jobs=2)(delayed(square)(n) for n in range(10)))
    print(Parallel(n_jobs=-1)(delayed(math.sqrt)(n * n) for n in range(5)))
    print(Parallel(n_jobs=1)(delayed(square)(n) for n in range(3)))
    for backend in ("loky", "multiprocessing", "threading", "sequential"):
        print(backend, Parallel(n_jobs=2, backend=backend)(delayed(square)(n) for n in range(4)))
    with parallel_config(backend="multiprocessing", n_jobs=2):
        print(Parallel()(delayed(square)(n) for n in range(4)))
    with parallel_backend("loky", n_jobs=2, inner_max_num_threads=1):
        print(Parallel()(delayed(square)(n) for n in range(4)))
    print(Parallel(n_jobs=2, prefer="threads")(delayed(lambda n: n + 1)(n) for n in range(3)))
    print(Parallel(n_jobs=2, prefer="processes")(delayed(square)(n) for n in range(3)))
    try:
        Parallel(n_jobs=2, backend="loky", require="sharedmem")
    except ValueError as error:
        print(str(error)[:40].split(" object")[0].split(" <")[0])

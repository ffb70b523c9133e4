import functools
import multiprocessing.pool
from operator import mul


def power(base, exponent, *, mod=None):
    return pow(base, exponent, mod)


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        print(pool.map(functools.partial(power, 2), range(8)))
        print(pool.map(functools.partial(power, exponent=3, mod=7), range(8)))
        print(pool.starmap(mul, [(1, 2), (3, 4)]), pool.map(len, ["a", "bb"]))
        print(pool.apply(power, (2, 10), {"mod": 1000}))
    with multiprocessing.pool.ThreadPool(2) as threads:
        print(threads.map(str.upper, "abc"))

"""map() over a process pool, with chunks, several iterables and globals used in a nested function only."""

import math
from concurrent.futures import ProcessPoolExecutor


def roots(n):
    return sum(math.sqrt(i) for i in range(n))


if __name__ == "__main__":
    with ProcessPoolExecutor(3) as pool:
        print(list(pool.map(roots, range(6))))
        print(list(pool.map(roots, range(7), chunksize=3)))
        print(list(pool.map(pow, [2, 3, 4], [5, 2])))
        print(list(pool.map(roots, (n for n in range(3)), timeout=60)))
        try:
            pool.map(roots, [1], chunksize=0)
        except ValueError as error:
            print(error)

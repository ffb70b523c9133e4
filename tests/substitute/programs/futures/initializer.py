"""Workers that load something before their first task."""

from concurrent.futures import ProcessPoolExecutor

TABLE = None


def load(size, offset):
    global TABLE
    TABLE = {n: n * n + offset for n in range(size)}


def look_up(n):
    return TABLE[n]


if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=2, initializer=load, initargs=(100, 1)) as pool:
        print(list(pool.map(look_up, range(10))))

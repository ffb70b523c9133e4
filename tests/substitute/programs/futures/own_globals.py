"""Workers that keep a count of their own."""

from concurrent.futures import ProcessPoolExecutor

COUNT = 0


def count(_):
    global COUNT
    COUNT += 1
    return COUNT


if __name__ == "__main__":
    with ProcessPoolExecutor(1) as pool:
        print(list(pool.map(count, range(4))))
    print(COUNT)

"""Tasks that open pools of their own."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def square(n):
    return n * n


def row(n):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(square, range(n)))


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        print(list(pool.map(row, range(4))))

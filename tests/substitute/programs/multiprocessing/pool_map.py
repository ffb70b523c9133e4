"""The documentation's first example."""

from multiprocessing import Pool


def square(x):
    return x * x


if __name__ == "__main__":
    with Pool(4) as p:
        print(p.map(square, [1, 2, 3]))
        print(p.map(square, range(20), chunksize=3))
        print(p.map(func=square, iterable=range(5)))

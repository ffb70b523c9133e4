import itertools
import multiprocessing


def merge(a, b, sep="-"):
    return f"{a}{sep}{b}"


if __name__ == "__main__":
    with multiprocessing.Pool() as pool:
        print(pool.starmap(merge, [("a", "x"), ("b", "y"), ("c", "z")]))
        print(pool.starmap_async(merge, itertools.product("ab", "12"), chunksize=2).get(timeout=30))

"""Prints from workers at the same time: whole lines, in any order."""

import multiprocessing as mp


def shout(i):
    for n in range(5):
        print("line", i, n, "x" * 9)


if __name__ == "__main__":
    with mp.Pool(3) as pool:
        pool.map(shout, range(12), chunksize=1)
        pool.close()
        pool.join()

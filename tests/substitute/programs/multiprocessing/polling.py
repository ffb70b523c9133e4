"""A main program that looks at its workers now and then."""

import multiprocessing as mp
import time


def count(progress, n):
    for i in range(n):
        progress.value = i + 1
        time.sleep(0.01)


def cube(x):
    return x**3


if __name__ == "__main__":
    progress = mp.Value("i", 0)
    p = mp.Process(target=count, args=(progress, 10))
    p.start()
    while p.is_alive():
        time.sleep(0.02)
    print(progress.value)
    with mp.Pool(2) as pool:
        r = pool.map_async(cube, range(10))
        while not r.ready():
            time.sleep(0.01)
        print(r.get())

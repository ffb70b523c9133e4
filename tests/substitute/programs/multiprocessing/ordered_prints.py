"""Prints from workers: each joined before the next begins."""

import multiprocessing as mp


def talk(i):
    for n in range(3):
        print("worker", i, "says", n)


def noisy(i):
    print("task", i)
    return i


if __name__ == "__main__":
    print("begin")
    for i in range(3):
        p = mp.Process(target=talk, args=(i,))
        p.start()
        p.join()
    print("middle", flush=True)
    with mp.Pool(1) as pool:
        print(pool.map(noisy, range(5)))
        pool.close()
        pool.join()
    print("end")

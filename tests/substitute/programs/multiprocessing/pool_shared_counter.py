"""Lock and Value handed over through initargs."""

from multiprocessing import Lock, Pool, Value


def setup(c, lk):
    global counter, lock
    counter, lock = c, lk


def work(n):
    for _ in range(n):
        with lock:
            counter.value += 1
    with lock:
        counter.value += 100
    return n


if __name__ == "__main__":
    c, lk = Value("i", 0), Lock()
    with Pool(2, setup, (c, lk)) as pool:
        print(sum(pool.imap_unordered(work, [5] * 20)))
    print(c.value)

import multiprocessing as mp
import time


def slow(s):
    time.sleep(s)
    return s


if __name__ == "__main__":
    with mp.Pool(2) as pool:
        r = pool.apply_async(slow, (1.0,))
        try:
            r.get(timeout=0.05)
        except mp.TimeoutError:
            print("too slow")
        print(r.get(timeout=20))
        print(pool.apply_async(slow, args=(0,)).get(timeout=20))

"""Stop everything at the first failure."""

import multiprocessing as mp


def work(n):
    if n == 5:
        raise RuntimeError("stop")
    return n


if __name__ == "__main__":
    pool = mp.Pool(2)
    good = []
    try:
        for r in pool.imap(work, range(1000)):
            good.append(r)
    except RuntimeError as e:
        print("failed:", e)
        pool.terminate()
    pool.join()
    print(good)
    try:
        pool.apply(work, (1,))
    except ValueError as e:
        print(e)
    p2 = mp.Pool(1)
    try:
        p2.join()
    except ValueError as e:
        print(e)
    p2.close()
    p2.join()
    try:
        mp.Pool(0)
    except ValueError as e:
        print(e)

"""A progress loop over imap_unordered, as with tqdm."""

import multiprocessing as mp
import sys


def work(item):
    return item, sum(i * i for i in range(item * 100))


if __name__ == "__main__":
    total = 30
    done = {}
    pool = mp.Pool(processes=3)
    for n, (item, value) in enumerate(pool.imap_unordered(func=work, iterable=range(total)), 1):
        done[item] = value
        sys.stderr.write(f"\r{n}/{total}")
    pool.close()
    pool.join()
    print(len(done), sum(done.values()))
    for key in sorted(done)[:3]:
        print(key, done[key])

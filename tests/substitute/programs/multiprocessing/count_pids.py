"""How many worker processes took part?"""

import multiprocessing as mp
import os
import time


def who(_):
    time.sleep(0.3)
    return os.getpid()


if __name__ == "__main__":
    with mp.Pool(3) as pool:
        pids = set(pool.map(who, range(6), chunksize=1))
    print(len(pids), os.getpid() in pids)

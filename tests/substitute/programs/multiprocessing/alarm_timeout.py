"""A time limit inside each task, by an alarm."""

import multiprocessing as mp
import signal
import time


class Late(Exception):
    pass


def ring(signum, frame):
    raise Late


def work(s):
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        time.sleep(s)
        return "in time"
    except Late:
        return "late"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    with mp.Pool(2) as pool:
        print(pool.map(work, [0, 1, 0.01]))

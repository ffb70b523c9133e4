"""Daemons end with the program, others are waited for."""

import multiprocessing as mp
import time


def forever():
    while True:
        time.sleep(0.05)


def brief():
    time.sleep(0.3)
    print("brief is done")


if __name__ == "__main__":
    d = mp.Process(target=forever, name="d", daemon=True)
    d.start()
    print(d.daemon, d.is_alive(), [p.name for p in mp.active_children()])
    b = mp.Process(target=brief)
    b.start()
    print("main is done", flush=True)

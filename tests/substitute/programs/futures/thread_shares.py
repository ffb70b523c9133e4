"""A thread pool whose tasks write to what the program sees."""

import threading
from concurrent.futures import ThreadPoolExecutor

TOTAL = 0
LOCK = threading.Lock()


def add(n):
    global TOTAL
    with LOCK:
        TOTAL += n


if __name__ == "__main__":
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(10)))
    print(TOTAL)

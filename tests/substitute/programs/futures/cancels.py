"""A task that is cancelled before it starts, because the only worker is busy."""

import threading
from concurrent.futures import ThreadPoolExecutor

go_on = threading.Event()


def wait():
    return go_on.wait(1)


def square(n):
    return n * n


if __name__ == "__main__":
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(wait)
        late = pool.submit(square, 3)
        print(late.cancel(), late.cancelled())
        go_on.set()
        print(busy.result())

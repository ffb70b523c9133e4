# kind: correct
# The lock goes along as an argument, under different names, also through partial and a closure.
import sys
from functools import partial
from threading import Lock, Thread


def add(total, values, guard):
    for value in values:
        guard.acquire()
        try:
            total["sum"] += value
        finally:
            guard.release()


def make_subtract(total, lock):
    def subtract(values):
        for value in values:
            with lock:
                total["sum"] -= value

    return subtract


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    total = {"sum": 0}
    mutex = Lock()
    threads = [
        Thread(target=partial(add, total, guard=mutex), args=(range(n),)),
        Thread(target=add, args=(total, range(n), mutex)),
        Thread(target=make_subtract(total, mutex), args=(range(n),)),
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(total)
    assert total["sum"] == sum(range(n))


if __name__ == "__main__":
    main()

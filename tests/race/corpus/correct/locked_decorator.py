# kind: correct
# A decorator and a context manager, both with the object's own lock; a class attribute under a class-wide one.
import functools
import sys
import threading
from contextlib import contextmanager


def synchronized(method):
    @functools.wraps(method)
    def wrapper(self, *args):
        with self._lock:
            return method(self, *args)

    return wrapper


class Odometer:
    total = 0
    _total_lock = threading.Lock()

    def __init__(self):
        self._lock = threading.RLock()
        self.km = 0

    @contextmanager
    def _everyone(self):
        Odometer._total_lock.acquire()
        try:
            yield
        finally:
            Odometer._total_lock.release()

    @synchronized
    def drive(self, km):
        self.km += km
        with self._everyone():
            Odometer.total += km


def trip(odometer, n):
    for km in range(n):
        odometer.drive(km)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    cars = [Odometer(), Odometer()]
    threads = [threading.Thread(target=trip, args=(car, n)) for car in cars * 2]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(Odometer.total, "km")
    assert Odometer.total == sum(car.km for car in cars) == 4 * sum(range(n))


if __name__ == "__main__":
    main()

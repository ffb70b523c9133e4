# kind: lost-update
# also: inconsistent-locks
# The decorator makes a new lock for each call, so that nobody ever waits.
import functools
import sys
import threading


def synchronized(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        lock = threading.Lock()
        with lock:
            return function(*args, **kwargs)

    return wrapper


class Odometer:
    def __init__(self):
        self.km = 0

    @synchronized
    def drive(self, km):
        self.km += km  # RACE


def trip(odometer, stages):
    for km in stages:
        odometer.drive(km)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    odometer = Odometer()
    threads = [threading.Thread(target=trip, args=(odometer, range(n))) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(odometer.km, "km")


if __name__ == "__main__":
    main()

# kind: check-then-act
# also: uncaught-exception
# `len`, then an index that may have gone by then (IndexError).
import sys
import threading


class Window:
    """The readings of the last few seconds."""

    def __init__(self):
        self.readings = []

    def add(self, value):
        self.readings.append(value)

    def expire(self):
        if self.readings:
            del self.readings[0]  # RACE

    def newest(self):
        size = len(self.readings)  # RACE
        if size > 0:
            return self.readings[size - 1]  # RACE
        return None


def measure(window, n):
    for value in range(n):
        window.add(value)
        window.expire()


def display(window, n):
    shown = None
    for _ in range(n):
        shown = window.newest() or shown


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    window = Window()
    threads = [threading.Thread(target=f, args=(window, n)) for f in (measure, display)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(window.readings), "left")


if __name__ == "__main__":
    main()

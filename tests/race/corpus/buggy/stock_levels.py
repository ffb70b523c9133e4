# kind: lost-update
# also: inconsistent-locks
# arguments: --check
# Getter and setter each take the lock; the update made of both does not.
import sys
import threading


class Stock:
    def __init__(self):
        self._lock = threading.Lock()
        self._levels = {}

    def get(self, item):
        with self._lock:
            return self._levels.get(item, 0)  # RACE

    def set(self, item, level):
        with self._lock:
            self._levels[item] = level  # RACE


def receive(stock, item, boxes):
    for _ in range(boxes):
        level = stock.get(item)  # RACE
        stock.set(item, level + 1)  # RACE


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    stock = Stock()
    gates = [threading.Thread(target=receive, args=(stock, "screws", n)) for _ in range(2)]
    for gate in gates:
        gate.start()
    for gate in gates:
        gate.join()
    print("screws:", stock.get("screws"))
    if "--check" in sys.argv:
        assert stock.get("screws") == 2 * n


if __name__ == "__main__":
    main()

# kind: lost-update
# also: inconsistent-locks
# arguments: --check
# Each object has its own RLock, but what they change belongs to the class.
import sys
import threading


class Shelf:
    inventory = {"cups": 0, "plates": 0}

    def __init__(self, name):
        self.name = name
        self.lock = threading.RLock()

    def put(self, what, amount=1):
        with self.lock:
            self.inventory[what] += amount  # RACE

    def put_set(self):
        with self.lock:
            self.put("cups", 4)
            self.put("plates", 4)


def fill(shelf, n):
    for _ in range(n):
        shelf.put_set()


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    threads = [threading.Thread(target=fill, args=(Shelf(name), n)) for name in ("left", "right")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(Shelf.inventory)
    if "--check" in sys.argv:
        assert Shelf.inventory == {"cups": 8 * n, "plates": 8 * n}


if __name__ == "__main__":
    main()

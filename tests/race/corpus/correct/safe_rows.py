# kind: correct
# A generator shared by threads, each next() under a lock.
import sys
import threading


class Locked:
    def __init__(self, iterable):
        self._iterator = iter(iterable)
        self._lock = threading.Lock()

    def __iter__(self):
        return self

    def __next__(self):
        with self._lock:
            return next(self._iterator)


def rows(n):
    previous = None
    for i in range(n):
        row = {"id": i, "after": previous}
        yield row
        previous = i


def load(source, table):
    for row in source:
        table[row["id"]] = row["after"]


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    source, table = Locked(rows(n)), {}
    loaders = [threading.Thread(target=load, args=(source, table)) for _ in range(3)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
    print(len(table), "rows")
    assert sorted(table) == list(range(n))


if __name__ == "__main__":
    main()

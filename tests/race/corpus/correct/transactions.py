# kind: correct
# The lock is taken in begin() and released in commit() or rollback().
import sys
import threading


class Store:
    def __init__(self):
        self._lock = threading.Lock()
        self._backup = None
        self.data = {"a": 0, "b": 0}

    def begin(self):
        self._lock.acquire()
        self._backup = dict(self.data)

    def commit(self):
        self._backup = None
        self._lock.release()

    def rollback(self):
        self.data = self._backup
        self._backup = None
        self._lock.release()


def move(store, n):
    for i in range(n):
        store.begin()
        store.data["a"] -= i
        store.data["b"] += i
        if i % 3 == 2:
            store.rollback()
        else:
            store.commit()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    store = Store()
    threads = [threading.Thread(target=move, args=(store, n)) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(store.data)
    assert store.data["b"] == 2 * sum(i for i in range(n) if i % 3 != 2) == -store.data["a"]


if __name__ == "__main__":
    main()

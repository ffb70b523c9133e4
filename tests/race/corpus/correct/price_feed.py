# kind: correct
# Observers are called under an RLock and may come back into the object.
import sys
import threading


class PriceFeed:
    def __init__(self):
        self._lock = threading.RLock()
        self._prices = {}
        self._observers = []

    def observe(self, callback):
        with self._lock:
            self._observers.append(callback)

    def get(self, name):
        with self._lock:
            return self._prices.get(name, 0)

    def update(self, name, change):
        with self._lock:
            self._prices[name] = self._prices.get(name, 0) + change
            for callback in self._observers:
                callback(self, name)


class Index:
    def __init__(self):
        self.value = 0
        self.changes = 0

    def changed(self, feed, name):
        self.changes += 1
        self.value = feed.get("gold") + feed.get("wheat")


def trade(feed, name, n):
    for i in range(n):
        feed.update(name, i)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    feed, index = PriceFeed(), Index()
    feed.observe(index.changed)
    threads = [threading.Thread(target=trade, args=(feed, name, n)) for name in ("gold", "wheat", "gold")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(index.value, index.changes)
    assert index.changes == 3 * n and index.value == 3 * sum(range(n))


if __name__ == "__main__":
    main()

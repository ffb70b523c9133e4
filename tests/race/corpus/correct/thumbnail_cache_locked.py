# kind: correct
# An LRU cache whose every method holds its lock; what is expensive is made outside of it.
import sys
import threading
from collections import OrderedDict


class LRUCache:
    def __init__(self, size):
        self.size = size
        self.lock = threading.Lock()
        self.data = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, key, make):
        with self.lock:
            if key in self.data:
                self.data.move_to_end(key)
                self.hits += 1
                return self.data[key]
            self.misses += 1
        value = make(key)
        with self.lock:
            value = self.data.setdefault(key, value)
            self.data.move_to_end(key)
            while len(self.data) > self.size:
                self.data.popitem(last=False)
        return value


def browse(cache, pictures):
    for picture in pictures:
        assert cache.get(picture, lambda name: f"<{name} 64x64>") == f"<{picture} 64x64>"


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    cache = LRUCache(2)
    pictures = [f"{k}.png" for k in range(4)]
    threads = [threading.Thread(target=browse, args=(cache, pictures[::step] * n)) for step in (1, -1, 1)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(cache.hits + cache.misses, "lookups,", len(cache.data), "kept")
    assert cache.hits + cache.misses == 12 * n and len(cache.data) == 2


if __name__ == "__main__":
    main()

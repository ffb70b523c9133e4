# kind: check-then-act
# also: uncaught-exception
# An LRU cache: what is found in the dict may be evicted before it is moved to the end (KeyError).
import sys
import threading
from collections import OrderedDict


class LRUCache:
    def __init__(self, size):
        self.size = size
        self.data = OrderedDict()

    def get(self, key):
        if key in self.data:  # RACE
            self.data.move_to_end(key)  # RACE
            return self.data[key]  # RACE
        return None

    def put(self, key, value):
        self.data[key] = value
        if len(self.data) > self.size:  # RACE
            self.data.popitem(last=False)  # RACE


def browse(cache, pictures):
    for picture in pictures:
        if cache.get(picture) is None:
            cache.put(picture, f"<{picture} 64x64>")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    cache = LRUCache(2)
    threads = [
        threading.Thread(target=browse, args=(cache, [f"{k}.png" for k in range(4)][::step] * n)) for step in (1, -1)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(cache.data) <= 3)


if __name__ == "__main__":
    main()

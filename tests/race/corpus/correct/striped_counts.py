# kind: correct
# Lock striping: a key always belongs to the same one of four locks and dicts.
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Lock


class StripedCounter:
    def __init__(self, stripes=4):
        self._stripes = [(Lock(), {}) for _ in range(stripes)]

    def add(self, key):
        lock, counts = self._stripes[len(key) % len(self._stripes)]
        with lock:
            counts[key] = counts.get(key, 0) + 1

    def items(self):
        for lock, counts in self._stripes:
            with lock:
                found = list(counts.items())
            yield from found


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    words = "a stripe keeps its own lock and its own dict so a key has one home".split()
    counter = StripedCounter()
    with ThreadPoolExecutor(max_workers=3) as pool:
        for word in words * n:
            pool.submit(counter.add, word)
    counts = dict(counter.items())
    print(len(counts), "words")
    assert sum(counts.values()) == n * len(words)


if __name__ == "__main__":
    main()

# kind: publish-before-ready
# arguments: --check
# An entry is put into the cache first and filled afterwards: others use it half full.
import sys
import threading


class Dataset:
    def __init__(self, name):
        self.name = name
        self.rows = []

    def load(self):
        for i in range(5):
            self.rows.append((self.name, i))  # RACE


cache = {}
cache_lock = threading.Lock()


def dataset(name):
    with cache_lock:
        found = cache.get(name)
        if found is not None:
            return found  # RACE
        found = cache[name] = Dataset(name)  # RACE
    found.load()  # RACE
    return found


def analyse(names, sizes):
    for name in names:
        sizes.append(len(dataset(name).rows))  # RACE


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 6
    names = [f"set-{i}" for i in range(n)]
    sizes = []
    threads = [threading.Thread(target=analyse, args=(names, sizes)) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("rows:", sorted(set(sizes)))
    if "--check" in sys.argv:
        assert set(sizes) == {5}, sizes


if __name__ == "__main__":
    main()

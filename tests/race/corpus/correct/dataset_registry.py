# kind: correct
# An entry is made in full and then published, under the lock; a lock of its own for each name keeps loading apart.
import sys
import threading


class Dataset:
    def __init__(self, name):
        self.name = name
        self.rows = []
        for i in range(5):
            self.rows.append((name, i))


class Registry:
    def __init__(self):
        self._lock = threading.Lock()
        self._loading = {}
        self._datasets = {}
        self.loads = 0

    def get(self, name):
        with self._lock:
            if name in self._datasets:
                return self._datasets[name]
            loading = self._loading.setdefault(name, threading.Lock())
        with loading:
            with self._lock:
                if name in self._datasets:
                    return self._datasets[name]
            dataset = Dataset(name)
            with self._lock:
                self._datasets[name] = dataset
                self.loads += 1
            return dataset


def analyse(registry, names, sizes):
    for name in names:
        sizes.append(len(registry.get(name).rows))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    registry, sizes = Registry(), []
    names = [f"set-{i}" for i in range(n)]
    threads = [threading.Thread(target=analyse, args=(registry, names, sizes)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(registry.loads, "loads")
    assert registry.loads == n and sizes == [5] * (3 * n)


if __name__ == "__main__":
    main()

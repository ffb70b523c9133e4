# kind: lost-update
# arguments: --check
# multiprocessing's ThreadPool: the tasks count into attributes of one object.
import sys
from multiprocessing.pool import ThreadPool


class Statistics:
    def __init__(self):
        self.files, self.bytes = 0, 0

    def add(self, size):
        self.files, self.bytes = self.files + 1, self.bytes + size  # RACE


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 16
    statistics = Statistics()
    with ThreadPool(2) as pool:
        pool.map(statistics.add, range(n), chunksize=4)
        pool.close()
        pool.join()
    print(f"{statistics.files} files, {statistics.bytes} bytes")
    if "--check" in sys.argv:
        assert statistics.files == n and statistics.bytes == sum(range(n))


if __name__ == "__main__":
    main()

# kind: torn-read
# also: inconsistent-locks
# arguments: --check
# The lock guards the writers only; the mean is made of a new sum and an old count.
import sys
import threading
from concurrent.futures import ThreadPoolExecutor


class ResponseTimes:
    def __init__(self):
        self._lock = threading.Lock()
        self.total = 0
        self.count = 0

    def record(self, ms):
        with self._lock:
            self.total += ms  # RACE
            self.count += 1  # RACE

    def mean(self):
        if self.count == 0:
            return 0
        return self.total / self.count  # RACE


def serve(times, n):
    for _ in range(n):
        times.record(8)


def watch(times, n):
    return {times.mean() for _ in range(n)}


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 12
    times = ResponseTimes()
    with ThreadPoolExecutor(max_workers=3) as pool:
        servers = [pool.submit(serve, times, n) for _ in range(2)]
        means = pool.submit(watch, times, n).result()
        for server in servers:
            server.result()
    print("odd means:", sorted(means - {0, 8}))
    if "--check" in sys.argv:
        assert means <= {0, 8}, means


if __name__ == "__main__":
    main()

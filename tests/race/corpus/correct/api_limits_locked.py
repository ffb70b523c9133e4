# kind: correct
# A rate limiter: the test and the update are under one lock, taken by the caller of the private methods.
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Limiter:
    tokens: int
    refused: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def _empty(self):
        return self.tokens <= 0

    def _take(self):
        self.tokens -= 1

    def allow(self):
        with self._lock:
            if self._empty():
                self.refused += 1
                return False
            self._take()
            return True


def call(limiter, times):
    return sum(limiter.allow() for _ in range(times))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    limiter = Limiter(tokens=n)
    with ThreadPoolExecutor(max_workers=3) as pool:
        passed = sum(pool.map(call, [limiter] * 3, [n] * 3))
    print(passed, limiter)
    assert passed == n and limiter.refused == 2 * n


if __name__ == "__main__":
    main()

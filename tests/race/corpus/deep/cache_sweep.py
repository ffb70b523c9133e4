# kind: iteration-mutation
# also: check-then-act, uncaught-exception
# The sweep that runs once in fifty calls goes through the dict without the lock all others take (RuntimeError).
import sys
import threading


class Cache:
    def __init__(self):
        self.lock = threading.Lock()
        self.entries = {}
        self.calls = 0

    def get(self, key):
        with self.lock:
            self.calls += 1
            sweep = self.calls % 50 == 0
            if key not in self.entries:
                self.entries[key] = self.calls  # RACE
            found = self.entries[key]
        if sweep:
            self.sweep(found)
        return found

    def sweep(self, now):
        old = [key for key, called in self.entries.items() if called < now - 20]  # RACE
        with self.lock:
            for key in old:
                self.entries.pop(key, None)  # RACE


def work(cache, first, n):
    for i in range(n):
        cache.get(first + i % 40)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    cache = Cache()
    threads = [threading.Thread(target=work, args=(cache, 1000 * i, n)) for i in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(cache.calls, "calls")


if __name__ == "__main__":
    main()

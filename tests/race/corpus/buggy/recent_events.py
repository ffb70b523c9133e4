# kind: iteration-mutation
# A deque of the last events is summed up while it grows (RuntimeError: deque mutated during iteration).
import sys
import threading
from collections import deque


class Recent:
    def __init__(self, size):
        self.events = deque(maxlen=size)

    def add(self, level, text):
        self.events.append((level, text))  # RACE

    def errors(self):
        return sum(1 for level, _ in self.events if level == "error")  # RACE


def log(recent, n):
    for i in range(n):
        recent.add("error" if i % 3 == 0 else "info", f"event {i}")


def monitor(recent, n):
    return max(recent.errors() for _ in range(n))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    recent = Recent(6)
    logger = threading.Thread(target=log, args=(recent, n))
    watcher = threading.Thread(target=monitor, args=(recent, n))
    logger.start()
    watcher.start()
    logger.join()
    watcher.join()
    print(recent.errors(), "errors lately")


if __name__ == "__main__":
    main()

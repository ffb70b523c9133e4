# kind: correct
# Who does not get the lock leaves the work in a deque for the one that has it, which looks once more before it goes.
import sys
import threading
from collections import deque


class Journal:
    def __init__(self):
        self._lock = threading.Lock()
        self._waiting = deque()
        self.entries = []
        self.size = 0

    def write(self, entry):
        self._waiting.append(entry)
        while self._waiting and self._lock.acquire(blocking=False):
            try:
                while True:
                    try:
                        entry = self._waiting.popleft()
                    except IndexError:
                        break
                    self.entries.append(entry)
                    self.size += len(entry)
            finally:
                self._lock.release()


def log(journal, name, n):
    for i in range(n):
        journal.write(f"{name} {i}")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    journal = Journal()
    threads = [threading.Thread(target=log, args=(journal, name, n)) for name in ("a", "b", "c")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(journal.entries), "entries")
    assert len(set(journal.entries)) == 3 * n and journal.size == sum(map(len, journal.entries))


if __name__ == "__main__":
    main()

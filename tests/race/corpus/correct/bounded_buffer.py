# kind: correct
# A bounded buffer with two conditions on one lock.
import sys
import threading


class Buffer:
    def __init__(self, size):
        lock = threading.Lock()
        self.not_full = threading.Condition(lock)
        self.not_empty = threading.Condition(lock)
        self.items = []
        self.size = size

    def put(self, item):
        with self.not_full:
            while len(self.items) == self.size:
                self.not_full.wait()
            self.items.append(item)
            self.not_empty.notify()

    def get(self):
        with self.not_empty:
            self.not_empty.wait_for(lambda: self.items)
            item = self.items.pop(0)
            self.not_full.notify()
            return item


def produce(buffer, first, n):
    for i in range(n):
        buffer.put(first + i)


def consume(buffer, n, taken):
    for _ in range(n):
        taken.append(buffer.get())


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    buffer, taken = Buffer(2), []
    threads = [threading.Thread(target=produce, args=(buffer, first * n, n)) for first in range(2)]
    threads += [threading.Thread(target=consume, args=(buffer, n, taken)) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(taken), "taken")
    assert sorted(taken) == list(range(2 * n))


if __name__ == "__main__":
    main()

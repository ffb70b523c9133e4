# kind: correct
# A latch: each worker writes its own part and counts down; who waited for zero reads them all.
import sys
import threading


class Latch:
    def __init__(self, count):
        self.count = count
        self.condition = threading.Condition()

    def count_down(self):
        with self.condition:
            self.count -= 1
            if self.count == 0:
                self.condition.notify_all()

    def wait(self):
        with self.condition:
            while self.count > 0:
                self.condition.wait()


class Part:
    def __init__(self):
        self.rows = []
        self.total = 0


def compute(part, first, latch, n):
    for i in range(first, first + n):
        part.rows.append(i)
        part.total += i
    latch.count_down()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    parts = [Part() for _ in range(3)]
    latch = Latch(len(parts))
    for number, part in enumerate(parts):
        threading.Thread(target=compute, args=(part, number * n, latch, n)).start()
    latch.wait()
    total = 0
    for part in parts:
        total += part.total
        part.rows.reverse()
    print(total)
    assert total == sum(range(3 * n))


if __name__ == "__main__":
    main()

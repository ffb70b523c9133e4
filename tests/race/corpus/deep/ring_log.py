# kind: torn-read
# also: check-then-act
# arguments: --check
# A ring of eight entries without a lock: a reader that stops between its test and its read for a whole lap gets another
# entry than it asked for.
import sys
import threading


class RingLog:
    SIZE = 8

    def __init__(self):
        self.entries = [None] * self.SIZE
        self.written = 0

    def write(self, entry):
        self.entries[self.written % self.SIZE] = (self.written, entry)  # RACE
        self.written += 1  # RACE

    def read(self, number):
        if self.written - self.SIZE <= number < self.written:  # RACE
            return self.entries[number % self.SIZE]  # RACE
        return None


def produce(log, n):
    for i in range(n):
        log.write(f"entry {i}")


def follow(log, n, wrong):
    for number in range(n):
        entry = log.read(number)
        if entry is not None and entry[0] != number:
            wrong.append((number, entry))


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 20
    log, wrong = RingLog(), []
    threads = [threading.Thread(target=produce, args=(log, n)), threading.Thread(target=follow, args=(log, n, wrong))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(log.written, "entries", wrong)
    if "--check" in sys.argv:
        assert not wrong, wrong


if __name__ == "__main__":
    main()

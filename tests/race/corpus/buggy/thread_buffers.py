# kind: lost-update
# Each thread has a buffer of its own in threading.local, but their totals are in an object they share.
import sys
import threading


class Totals:
    lines = 0
    flushed = 0


class Writer:
    def __init__(self):
        self.local = threading.local()
        self.totals = Totals()

    def write(self, line):
        if not hasattr(self.local, "buffer"):
            self.local.buffer = []
            self.local.totals = self.totals
        self.local.buffer.append(line)
        self.local.totals.lines += 1  # RACE
        if len(self.local.buffer) == 4:
            self.local.totals.flushed += len(self.local.buffer)  # RACE
            self.local.buffer.clear()


def produce(writer, n):
    for i in range(4 * n):
        writer.write(f"line {i}")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    writer = Writer()
    threads = [threading.Thread(target=produce, args=(writer, n)) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(writer.totals.lines, "lines,", writer.totals.flushed, "flushed")


if __name__ == "__main__":
    main()

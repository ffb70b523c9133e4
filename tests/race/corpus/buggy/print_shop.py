# kind: lost-update
# also: inconsistent-locks
# arguments: --check
# A semaphore of two lets two threads in at once.
import sys
import threading

ready = threading.Semaphore(2)


class Printer:
    def __init__(self):
        self.sheets = 0

    def print(self, document):
        with ready:
            sheets = self.sheets  # RACE
            for _page in document:
                sheets += 1
            self.sheets = sheets  # RACE


def clerk(printer, n):
    for i in range(n):
        printer.print([f"page {p}" for p in range(1 + i % 3)])


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 9
    printer = Printer()
    clerks = [threading.Thread(target=clerk, args=(printer, n)) for _ in range(3)]
    for c in clerks:
        c.start()
    for c in clerks:
        c.join()
    print(printer.sheets, "sheets")
    if "--check" in sys.argv:
        assert printer.sheets == 3 * sum(1 + i % 3 for i in range(n))


if __name__ == "__main__":
    main()

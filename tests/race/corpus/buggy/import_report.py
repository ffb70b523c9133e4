# kind: deadlock
# also: hang
# A future that is done calls back at once, in the thread that holds the lock which the callback wants.
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor


class Importer:
    def __init__(self, pool):
        self.pool = pool
        self.lock = threading.Lock()
        self.open = 0
        self.rows = 0

    def start(self, text):
        with self.lock:  # RACE
            self.open += 1
            future = self.pool.submit(self.parse, text)
            future.add_done_callback(self.finished)  # RACE

    def parse(self, text):
        time.sleep(0.002)  # the disk
        return sum(len(line.split(";")) for line in text.splitlines())

    def finished(self, future):
        with self.lock:  # RACE
            self.open -= 1
            self.rows += future.result()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with ThreadPoolExecutor(max_workers=2) as pool:
        importer = Importer(pool)
        for i in range(n):
            importer.start("\n".join(f"{i};{line};x" for line in range(20)))
    print(importer.rows, "fields,", importer.open, "open")


if __name__ == "__main__":
    main()

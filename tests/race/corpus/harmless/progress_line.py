# kind: harmless
# The monitor reads counters without their lock: a number that is a little old is good enough for a progress line.
import sys
import threading
import time


class Download:
    def __init__(self, blocks):
        self.blocks = blocks
        self.lock = threading.Lock()
        self.received = 0

    def run(self):
        for _ in range(self.blocks):
            with self.lock:
                self.received += 1


def monitor(downloads, stopped, lines):
    while not stopped.is_set():
        for download in downloads:
            lines.append(f"{100 * download.received // download.blocks}%")
        time.sleep(0.0005)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    downloads = [Download(n), Download(2 * n)]
    stopped, lines = threading.Event(), []
    watcher = threading.Thread(target=monitor, args=(downloads, stopped, lines))
    watcher.start()
    threads = [threading.Thread(target=download.run) for download in downloads]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    stopped.set()
    watcher.join()
    print([download.received for download in downloads])


if __name__ == "__main__":
    main()

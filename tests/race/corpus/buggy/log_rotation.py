# kind: deadlock
# also: hang
# The thread is joined under the lock that it needs to come to its end.
import sys
import threading
import time


class Log:
    def __init__(self):
        self.lock = threading.Lock()
        self.lines = []
        self.archive = []
        self.archiver = None

    def rotate(self):
        old, self.lines = self.lines, []
        self.archiver = threading.Thread(target=self.compress, args=(old,))
        self.archiver.start()

    def compress(self, lines):
        packed = "\n".join(lines).encode()
        with self.lock:  # RACE
            self.archive.append(packed)

    def write(self, line):
        with self.lock:
            self.lines.append(line)

    def close(self):
        with self.lock:  # RACE
            self.archiver.join()  # RACE
            self.archive.append("\n".join(self.lines).encode())


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    log = Log()
    for i in range(n):
        log.write(f"line {i}")
    log.rotate()
    log.write("last line")
    time.sleep(0.003)
    log.close()
    print(sum(map(len, log.archive)), "bytes")


if __name__ == "__main__":
    main()

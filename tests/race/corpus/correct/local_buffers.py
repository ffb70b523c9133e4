# kind: correct
# threading.local, as a subclass with __init__: every thread has its own buffer and number.
import sys
import threading


class Buffer(threading.local):
    def __init__(self):
        self.lines = []
        self.flushed = 0


class Log:
    def __init__(self):
        self.buffer = Buffer()
        self.lock = threading.Lock()
        self.written = []

    def write(self, line):
        self.buffer.lines.append(line)
        if len(self.buffer.lines) >= 3:
            self.flush()

    def flush(self):
        lines, self.buffer.lines = self.buffer.lines, []
        self.buffer.flushed += len(lines)
        with self.lock:
            self.written.extend(lines)


def work(log, name, n):
    for i in range(n):
        log.write(f"{name}: {i}")
    log.flush()
    assert log.buffer.flushed == n


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    log = Log()
    threads = [threading.Thread(target=work, args=(log, name, n)) for name in ("read", "parse", "store")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(set(log.written)) == 3 * n
    print(len(log.written), "lines")


if __name__ == "__main__":
    main()

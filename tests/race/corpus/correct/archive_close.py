# kind: correct
# The thread is taken out under the lock and joined without it; the queue is read before the lock is taken.
import queue
import sys
import threading


class Archive:
    def __init__(self):
        self.lock = threading.Lock()
        self.inbox = queue.Queue()
        self.lines = []
        self.thread = None

    def start(self):
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self.run)
                self.thread.start()

    def run(self):
        while True:
            line = self.inbox.get()
            if line is None:
                return
            with self.lock:
                self.lines.append(line)

    def write(self, line):
        self.start()
        self.inbox.put(line)

    def close(self):
        with self.lock:
            thread, self.thread = self.thread, None
        if thread is not None:
            self.inbox.put(None)
            thread.join()


def log(archive, name, n):
    for i in range(n):
        archive.write(f"{name} {i}")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    archive = Archive()
    threads = [threading.Thread(target=log, args=(archive, name, n)) for name in ("a", "b")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    archive.close()
    print(len(archive.lines), "lines")
    assert len(set(archive.lines)) == 2 * n


if __name__ == "__main__":
    main()

# kind: publish-before-ready
# also: uncaught-exception
# The thread is started in __init__, before the last attribute is set (AttributeError).
import sys
import threading


class Poller:
    def __init__(self, read, interval, prefix):
        self.read = read
        self.interval = interval
        self.stopped = threading.Event()
        self.lines = []
        self.thread = threading.Thread(target=self._poll)
        self.thread.start()  # RACE
        self.prefix = prefix  # RACE

    def _poll(self):
        while not self.stopped.wait(self.interval):
            self.lines.append(f"{self.prefix}: {self.read()}")  # RACE

    def close(self):
        self.stopped.set()
        self.thread.join()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    pollers = [Poller(lambda i=i: i * i, 0.004, f"sensor {i}") for i in range(n)]
    for poller in pollers:
        poller.close()
    for i, poller in enumerate(pollers):
        assert all(line == f"sensor {i}: {i * i}" for line in poller.lines)
    print(len(pollers), "pollers closed")


if __name__ == "__main__":
    main()

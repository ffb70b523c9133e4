# kind: correct
# Everybody sends to a queue; one thread alone owns the statistics, until it is joined.
import sys
from queue import Queue
from threading import Thread


class Collector(Thread):
    def __init__(self):
        super().__init__(name="collector")
        self.inbox = Queue(maxsize=4)
        self.stats = {}
        self.largest = 0

    def run(self):
        while True:
            match self.inbox.get():
                case ("count", name):
                    self.stats[name] = self.stats.get(name, 0) + 1
                case ("size", int(size)):
                    if size > self.largest:
                        self.largest = size
                case "stop":
                    return


def serve(inbox, n):
    for i in range(n):
        inbox.put(("count", "even" if i % 2 == 0 else "odd"))
        inbox.put(("size", i))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    collector = Collector()
    collector.start()
    servers = [Thread(target=serve, args=(collector.inbox, n)) for _ in range(3)]
    for server in servers:
        server.start()
    for server in servers:
        server.join()
    collector.inbox.put("stop")
    collector.join()
    print(collector.stats, collector.largest)
    assert sum(collector.stats.values()) == 3 * n and collector.largest == n - 1


if __name__ == "__main__":
    main()

# kind: correct
# The set changes under the lock; to publish, a copy is made under it and gone through without.
import sys
import threading


class EventBus:
    def __init__(self):
        self._lock = threading.Lock()
        self._handlers = set()

    def subscribe(self, handler):
        with self._lock:
            self._handlers.add(handler)

    def unsubscribe(self, handler):
        with self._lock:
            self._handlers.discard(handler)

    def publish(self, event):
        with self._lock:
            handlers = list(self._handlers)
        for handler in handlers:
            handler(event)


def visitor(bus, n):
    seen = []
    for _ in range(n):
        bus.subscribe(seen.append)
        bus.unsubscribe(seen.append)


def clock(bus, n):
    for tick in range(n):
        bus.publish(("tick", tick))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    bus, log = EventBus(), []
    bus.subscribe(log.append)
    threads = [threading.Thread(target=f, args=(bus, n)) for f in (visitor, clock, visitor)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(log), "events")
    assert log == [("tick", i) for i in range(n)]


if __name__ == "__main__":
    main()

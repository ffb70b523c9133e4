# kind: iteration-mutation
# Handlers subscribe and unsubscribe while an event goes round the set of them (RuntimeError).
import sys
import threading


class EventBus:
    def __init__(self):
        self.handlers = set()

    def subscribe(self, handler):
        self.handlers.add(handler)  # RACE

    def unsubscribe(self, handler):
        self.handlers.discard(handler)  # RACE

    def publish(self, event):
        for handler in self.handlers:  # RACE
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
    bus.subscribe(lambda event: None)
    threads = [threading.Thread(target=f, args=(bus, n)) for f in (visitor, clock)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(log), "events")


if __name__ == "__main__":
    main()

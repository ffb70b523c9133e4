# kind: check-then-act
# also: lost-update
# arguments: --check
# A lease that lasts some ticks: a thread starved for longer than that writes with a lease another one has got since.
import sys
import threading


class Lease:
    LENGTH = 6

    def __init__(self):
        self.lock = threading.Lock()
        self.now = 0
        self.owner = None
        self.until = -1

    def tick(self):
        with self.lock:
            self.now += 1

    def acquire(self, owner):
        with self.lock:
            if self.owner is None or self.now > self.until:
                self.owner, self.until = owner, self.now + self.LENGTH
            return self.owner == owner

    def release(self, owner):
        with self.lock:
            if self.owner == owner:
                self.owner = None


class Record:
    value = 0


def work(lease, record, name, n):
    written = 0
    for _ in range(50 * n):
        if written == n:
            break
        if lease.acquire(name):
            record.value += 1  # RACE
            written += 1
            lease.release(name)
        lease.tick()
    return written


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 8
    lease, record, written = Lease(), Record(), []
    threads = [
        threading.Thread(target=lambda name=name: written.append(work(lease, record, name, n))) for name in "abc"
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(record.value == sum(written))
    if "--check" in sys.argv:
        assert record.value == sum(written), f"{record.value} of {sum(written)}"


if __name__ == "__main__":
    main()

# kind: correct
# One mutable baton goes round a ring of threads; only who has it touches it.
import sys
import threading
from queue import SimpleQueue


class Baton:
    def __init__(self):
        self.holder = None
        self.metres = 0
        self.trail = []


def run(name, rounds, mine, following):
    for _ in range(rounds):
        baton = mine.get()
        baton.holder = name
        baton.metres += 100
        baton.trail.append(baton.holder)
        following.put(baton)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    names = ["Ann", "Ben", "Cem"]
    queues = [SimpleQueue() for _ in names]
    threads = [
        threading.Thread(target=run, args=(name, n, queues[i], queues[(i + 1) % 3])) for i, name in enumerate(names)
    ]
    for t in threads:
        t.start()
    queues[0].put(Baton())
    for t in threads:
        t.join()
    baton = queues[0].get()
    print(baton.metres, "metres")
    assert baton.trail == names * n and baton.metres == 300 * n


if __name__ == "__main__":
    main()

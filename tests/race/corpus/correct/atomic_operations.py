# kind: correct
# Single operations that are atomic: append, setdefault, an item set, deque's append and popleft, next(count()).
import itertools
import sys
import threading
from collections import deque

serial = itertools.count(1)
log = []
groups = {}
latest = {}
work = deque()


def run(name, n):
    for i in range(n):
        log.append((name, i))
        groups.setdefault(i % 3, []).append(name)
        latest[name] = i
        work.append(next(serial))


def drain(taken):
    while True:
        try:
            taken.append(work.popleft())
        except IndexError:
            return


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    threads = [threading.Thread(target=run, args=(name, n)) for name in ("left", "right")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    takers = [[], []]
    threads = [threading.Thread(target=drain, args=(taken,)) for taken in takers]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(log) == sum(map(len, groups.values())) == 2 * n
    assert latest == {"left": n - 1, "right": n - 1}
    print(sorted(takers[0] + takers[1]) == list(range(1, 2 * n + 1)))


if __name__ == "__main__":
    main()

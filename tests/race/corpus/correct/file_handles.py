# kind: correct
# __del__ runs in whichever thread drops the object; it appends to a deque, which needs no lock.
import sys
import threading
from collections import deque

closed = deque()


class Handle:
    def __init__(self, owner, number):
        self.name = f"{owner}-{number}"
        self.data = [number]

    def __del__(self):
        closed.append(self.name)


def use(owner, n, shared):
    kept = []
    for i in range(n):
        handle = Handle(owner, i)
        handle.data.append(i)
        kept.append(handle)
        if len(kept) > 2:
            shared.append(kept.pop(0))
    kept.clear()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    shared = []
    threads = [threading.Thread(target=use, args=(owner, n, shared)) for owner in ("in", "out")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    shared.clear()
    print(len(closed), "closed")
    assert len(set(closed)) == 2 * n


if __name__ == "__main__":
    main()

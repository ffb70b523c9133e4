# kind: correct
# Lists are filled by one thread and handed over through a SimpleQueue; the first one never touches them again.
import sys
from queue import SimpleQueue
from threading import Thread


def fill(queue, n):
    batch = []
    for i in range(4 * n):
        batch.append(i)
        if len(batch) == 4:
            queue.put(batch)
            batch = []
    queue.put(None)


def empty(queue, total):
    while (batch := queue.get()) is not None:
        while batch:
            total[0] += batch.pop()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    queue = SimpleQueue()
    total = [0]
    threads = [Thread(target=fill, args=(queue, n)), Thread(target=empty, args=(queue, total))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(total[0])
    assert total[0] == sum(range(4 * n))


if __name__ == "__main__":
    main()

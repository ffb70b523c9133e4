# kind: correct
# Hand over hand: each node has a lock, the next one's is taken before this one's is let go.
import sys
import threading


class Node:
    def __init__(self, key, following=None):
        self.key = key
        self.count = 0
        self.following = following
        self.lock = threading.Lock()


class SortedList:
    def __init__(self):
        self.head = Node(-1)

    def add(self, key):
        node = self.head
        node.lock.acquire()
        while node.following is not None and node.following.key <= key:
            following = node.following
            following.lock.acquire()
            node.lock.release()
            node = following
        if node.key != key:
            new = Node(key, node.following)
            new.lock.acquire()
            node.following = new
            node.lock.release()
            node = new
        node.count += 1
        node.lock.release()

    def items(self):
        node = self.head.following
        while node is not None:
            yield node.key, node.count
            node = node.following


def fill(numbers, keys):
    for key in keys:
        numbers.add(key)


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    numbers = SortedList()
    threads = [threading.Thread(target=fill, args=(numbers, range(n)[::step])) for step in (1, -1, 2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    found = list(numbers.items())
    print(found)
    assert [key for key, _ in found] == list(range(n))
    assert sum(count for _, count in found) == 2 * n + len(range(0, n, 2))

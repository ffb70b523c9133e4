# kind: correct
# A tree of threads: each is joined before its result is read.
import random
import sys
import threading


class Sorter(threading.Thread):
    def __init__(self, items, depth):
        super().__init__()
        self.items = items
        self.depth = depth
        self.result = None

    def run(self):
        if self.depth == 0 or len(self.items) < 2:
            self.items.sort()
            self.result = self.items
            return
        middle = len(self.items) // 2
        left = Sorter(self.items[:middle], self.depth - 1)
        right = Sorter(self.items[middle:], self.depth - 1)
        left.start()
        right.start()
        left.join()
        right.join()
        self.result = merge(left.result, right.result)


def merge(left, right):
    merged = []
    while left and right:
        merged.append((left if left[0] <= right[0] else right).pop(0))
    return merged + left + right


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    numbers = random.Random(4).choices(range(100), k=n)
    sorter = Sorter(list(numbers), 2)
    sorter.start()
    sorter.join()
    print(sorter.result == sorted(numbers))
    assert sorter.result == sorted(numbers)


if __name__ == "__main__":
    main()

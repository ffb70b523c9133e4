# kind: correct
# Every task counts into a dict of its own; they are merged in one thread.
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

LINES = ["to be or not to be", "that is the question", "to die to sleep"]


def count(line):
    counts = Counter()
    for word in line.split():
        counts[word] += 1
    return counts


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    total = Counter()
    with ThreadPoolExecutor(max_workers=3) as pool:
        for counts in pool.map(count, LINES * n):
            for word, times in counts.items():
                total[word] += times
    print(total.most_common(2))
    assert total["to"] == 4 * n


if __name__ == "__main__":
    main()

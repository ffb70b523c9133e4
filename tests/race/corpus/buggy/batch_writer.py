# kind: changed-after-submit
# arguments: --check
# The list given to the pool is filled anew while the pool may not have read it yet.
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def incoming(n):
    for i in range(n):
        time.sleep(0.002)
        yield [i * 4, i * 4 + 1, i * 4 + 2, i * 4 + 3]


def write(store, batch):
    store.append(sum(batch))  # RACE


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 4
    store = []
    batch = [0] * 4
    with ThreadPoolExecutor(max_workers=1) as pool:
        for values in incoming(n):
            for i, value in enumerate(values):
                batch[i] = value  # RACE
            pool.submit(write, store, batch)  # RACE
    print("sum:", sum(store), "in", len(store), "batches")
    if "--check" in sys.argv:
        assert sum(store) == sum(range(n * 4))


if __name__ == "__main__":
    main()

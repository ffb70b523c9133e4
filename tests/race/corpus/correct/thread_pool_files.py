# kind: correct
# multiprocessing's ThreadPool: imap_unordered and apply_async, results used by one thread only.
import sys
from multiprocessing.pool import ThreadPool


def stat(number):
    info = {"name": f"file-{number}", "size": 0}
    for block in range(number):
        info["size"] += block
    return info


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    total = 0
    with ThreadPool(2) as pool:
        for info in pool.imap_unordered(stat, range(n)):
            info["seen"] = True
            total += info["size"]
        last = pool.apply_async(stat, (n,))
        info = last.get()
        info["size"] += total
        pool.close()
        pool.join()
    print(info)
    assert info["size"] == sum(sum(range(i)) for i in range(n + 1))


if __name__ == "__main__":
    main()

# kind: harmless
# Objects in a shared list, but each thread changes only its own.
import sys
import threading


class Stats:
    def __init__(self, name):
        self.name = name
        self.done = 0
        self.errors = []


all_stats = []


def work(n):
    stats = Stats(threading.current_thread().name)
    all_stats.append(stats)
    for i in range(n):
        if i % 4 == 3:
            stats.errors.append(i)
        else:
            stats.done += 1


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    threads = [threading.Thread(target=work, args=(n,), name=name) for name in ("one", "two", "three")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for stats in sorted(all_stats, key=lambda stats: stats.name):
        print(stats.name, stats.done, len(stats.errors))


if __name__ == "__main__":
    main()

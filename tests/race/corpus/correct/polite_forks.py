# kind: correct
# Two locks in opposite orders, but who does not get the second in time lets go of the first and tries again.
import random
import sys
import threading
import time


class Fork:
    def __init__(self):
        self.lock = threading.Lock()
        self.used = 0


def eat(left, right, meals, seed):
    pause = random.Random(seed)
    eaten = 0
    while eaten < meals:
        with left.lock:
            if right.lock.acquire(timeout=0.001):
                try:
                    left.used += 1
                    right.used += 1
                    eaten += 1
                finally:
                    right.lock.release()
        if eaten < meals:
            time.sleep(pause.random() * 0.0005)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    forks = [Fork() for _ in range(3)]
    threads = [threading.Thread(target=eat, args=(forks[i], forks[(i + 1) % 3], n, i)) for i in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print([fork.used for fork in forks])
    assert all(fork.used == 2 * n for fork in forks)


if __name__ == "__main__":
    main()

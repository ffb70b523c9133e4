"""Two threads of two increments each: the smallest program whose schedules are worth counting."""

import threading


class Counter:
    def __init__(self):
        self.value = 0


def work(counter):
    for _ in range(2):
        counter.value += 1


def main():
    counter = Counter()
    threads = [threading.Thread(target=work, args=(counter,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()

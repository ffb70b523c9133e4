# kind: lost-update
# arguments: --check
# Callbacks of futures run in whichever thread finishes them.
import sys
from concurrent.futures import ThreadPoolExecutor


class Progress:
    def __init__(self, total):
        self.total = total
        self.finished = 0
        self.bytes = 0

    def done(self, future):
        self.finished += 1  # RACE
        self.bytes += len(future.result())  # RACE

    def __str__(self):
        return f"{self.finished}/{self.total} files, {self.bytes} bytes"


def compress(number):
    return bytes(number % 7 for _ in range(50))


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 16
    progress = Progress(n)
    with ThreadPoolExecutor(max_workers=3) as pool:
        for number in range(n):
            pool.submit(compress, number).add_done_callback(progress.done)
    print(progress)
    if "--check" in sys.argv:
        assert progress.finished == n and progress.bytes == 50 * n, str(progress)


if __name__ == "__main__":
    main()

# kind: check-then-act
# also: uncaught-exception
# A connection pool: the idle list is tested and popped without a lock (IndexError).
import sys
import threading
from contextlib import contextmanager


class Pool:
    def __init__(self):
        self.idle = []

    @contextmanager
    def connection(self):
        if len(self.idle) > 0:  # RACE
            connection = self.idle.pop()  # RACE
        else:
            connection = object()
        try:
            yield connection
        finally:
            self.idle.append(connection)


def run_queries(pool, n, answers):
    for i in range(n):
        with pool.connection() as connection:
            answers.append((id(connection), i))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    pool, answers = Pool(), []
    threads = [threading.Thread(target=run_queries, args=(pool, n, answers)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(answers), "answers")


if __name__ == "__main__":
    main()

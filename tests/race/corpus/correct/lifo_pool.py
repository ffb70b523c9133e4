# kind: correct
# A connection pool in a LifoQueue, used by a context manager.
import sys
import threading
from contextlib import contextmanager
from queue import LifoQueue


class Connection:
    def __init__(self):
        self.statements = 0
        self.open = False

    def execute(self, statement):
        assert self.open
        self.statements += 1


class Pool:
    def __init__(self, size):
        self.size = size
        self.idle = LifoQueue()
        for _ in range(size):
            self.idle.put(Connection())

    @contextmanager
    def connection(self):
        connection = self.idle.get()
        connection.open = True
        try:
            yield connection
        finally:
            connection.open = False
            self.idle.put(connection)


def work(pool, n):
    for i in range(n):
        with pool.connection() as connection:
            connection.execute(f"INSERT {i}")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    pool = Pool(2)
    threads = [threading.Thread(target=work, args=(pool, n)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    total = sum(pool.idle.get_nowait().statements for _ in range(pool.size))
    print(total, "statements")
    assert total == 4 * n


if __name__ == "__main__":
    main()

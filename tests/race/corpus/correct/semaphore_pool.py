# kind: correct
# A semaphore counts the connections in a deque: who has passed it will find one there.
import sys
import threading
from collections import deque


class Connection:
    def __init__(self, number):
        self.number = number
        self.queries = 0

    def query(self, sql):
        self.queries += 1
        return f"{sql} by {self.number}"


class Pool:
    def __init__(self, size):
        self.free = threading.BoundedSemaphore(size)
        self.connections = deque(Connection(i) for i in range(size))

    def query(self, sql):
        with self.free:
            connection = self.connections.popleft()
            try:
                return connection.query(sql)
            finally:
                self.connections.append(connection)


def work(pool, n):
    for i in range(n):
        pool.query(f"SELECT {i}")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    pool = Pool(2)
    threads = [threading.Thread(target=work, args=(pool, n)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    total = sum(connection.queries for connection in pool.connections)
    print(total, "queries")
    assert total == 4 * n and len(pool.connections) == 2


if __name__ == "__main__":
    main()

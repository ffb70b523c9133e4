# kind: correct
# An ExitStack holds the sorted locks of as many tables as the statement names.
import sys
import threading
from contextlib import ExitStack


class Database:
    def __init__(self, names):
        self.tables = {name: [] for name in names}
        self.locks = {name: threading.Lock() for name in names}

    def insert(self, row, *names):
        with ExitStack() as held:
            for name in sorted(names):
                held.enter_context(self.locks[name])
            for name in names:
                table = self.tables[name]
                table.append((len(table), row))


def write(database, names, n):
    for i in range(n):
        database.insert(f"row {i}", *names)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    database = Database(["users", "orders", "items"])
    groups = (("users", "orders"), ("orders", "items"), ("items", "users"))
    threads = [threading.Thread(target=write, args=(database, names, n)) for names in groups]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for table in database.tables.values():
        assert [number for number, _ in table] == list(range(2 * n))
    print(3 * 2 * n, "rows")


if __name__ == "__main__":
    main()

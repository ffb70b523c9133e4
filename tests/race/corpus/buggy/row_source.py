# kind: shared-iterator
# Two threads call next() on one generator (ValueError: generator already executing).
import sys
import threading


def rows(n):
    for i in range(n):
        yield {"id": i, "name": f"row {i}"}


def load(source, table):
    while True:
        row = next(source, None)  # RACE
        if row is None:
            return
        table[row["id"]] = row["name"]


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    source = rows(n)
    table = {}
    loaders = [threading.Thread(target=load, args=(source, table)) for _ in range(2)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
    print(len(table), "rows")


if __name__ == "__main__":
    main()

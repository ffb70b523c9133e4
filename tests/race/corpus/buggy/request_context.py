# kind: lost-update
# arguments: --check
# A context variable is per context, but the object in it is one and the same in each copy.
import contextvars
import sys
import threading


class Usage:
    def __init__(self):
        self.queries = 0


usage = contextvars.ContextVar("usage")


def query(sql):
    current = usage.get()
    current.queries += 1  # RACE
    return len(sql)


def handle(path, n):
    for i in range(n):
        query(f"SELECT {i} FROM {path}")


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 12
    usage.set(Usage())
    threads = []
    for path in ("users", "orders"):
        context = contextvars.copy_context()
        threads.append(threading.Thread(target=context.run, args=(handle, path, n)))
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(usage.get().queries, "queries")
    if "--check" in sys.argv:
        assert usage.get().queries == 2 * n


if __name__ == "__main__":
    main()

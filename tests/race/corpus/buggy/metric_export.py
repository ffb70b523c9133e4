# kind: iteration-mutation
# arguments: --check
# The registry's lock is taken to add a metric, not to export them all (RuntimeError in the exporter).
import sys
import threading

registry = {}
registry_lock = threading.Lock()


def counter(name):
    with registry_lock:
        return registry.setdefault(name, [0])  # RACE


def work(prefix, n):
    for i in range(n):
        counter(f"{prefix}_{i}")[0] += 1


def export(n, failures):
    for _ in range(n):
        try:
            sorted(f"{name} {value[0]}" for name, value in registry.items())  # RACE
        except RuntimeError as error:
            failures.append(error)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    failures = []
    threads = [threading.Thread(target=work, args=(prefix, n)) for prefix in ("http", "db")]
    threads.append(threading.Thread(target=export, args=(n, failures)))
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(registry), "metrics,", len(failures), "failed exports")
    if "--check" in sys.argv:
        assert not failures, failures


if __name__ == "__main__":
    main()

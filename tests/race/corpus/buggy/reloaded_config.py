# kind: torn-read
# arguments: --check
# Host and port are read from a global dict one by one, while a reload sets both.
import sys
import threading

CONFIG = {"host": "db-0", "port": 5000}


def reload(n):
    for i in range(1, n):
        CONFIG["host"] = f"db-{i}"  # RACE
        CONFIG["port"] = 5000 + i  # RACE


def connect(n, made):
    for _ in range(n):
        host = CONFIG["host"]  # RACE
        port = CONFIG["port"]  # RACE
        made.append((host, port))


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    made = []
    threads = [threading.Thread(target=reload, args=(n,)), threading.Thread(target=connect, args=(n, made))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(made), "connections", CONFIG["host"])
    if "--check" in sys.argv:
        for host, port in made:
            assert host == f"db-{port - 5000}", f"{host} has no port {port}"


main()

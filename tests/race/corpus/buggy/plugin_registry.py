# kind: publish-before-ready
# An object puts itself into a registry before its last attributes are set (AttributeError in the other thread).
import sys
import threading

REGISTRY = []


class Plugin:
    def __init__(self, name, priority):
        self.name = name
        REGISTRY.append(self)  # RACE
        self.enabled = priority > 0
        self.priority = priority  # RACE


def load_plugins(n):
    for i in range(n):
        Plugin(f"plugin-{i}", i % 4)


def rank(n):
    for _ in range(n):
        active = list(REGISTRY)
        if active:
            active[-1].priority  # RACE


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    loader = threading.Thread(target=load_plugins, args=(n,))
    ranker = threading.Thread(target=rank, args=(n,))
    loader.start()
    ranker.start()
    loader.join()
    ranker.join()
    print(len(REGISTRY), "plugins")


if __name__ == "__main__":
    main()

# kind: correct
# One RLock, taken again by methods that call each other and themselves.
import sys
import threading


class Folder:
    def __init__(self, name, lock=None):
        self.name = name
        self.lock = lock or threading.RLock()
        self.size = 0
        self.children = {}

    def add(self, path, size):
        with self.lock:
            self.size += size
            head, _, rest = path.partition("/")
            if rest:
                self.child(head).add(rest, size)
            else:
                self.child(head).size += size

    def child(self, name):
        with self.lock:
            if name not in self.children:
                self.children[name] = Folder(name, self.lock)
            return self.children[name]

    def check(self):
        with self.lock:
            assert not self.children or self.size == sum(child.size for child in self.children.values())
            for child in self.children.values():
                child.check()


def scan(root, top, n):
    for i in range(n):
        root.add(f"{top}/{i % 3}/file-{i}", i)
        root.check()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    root = Folder("")
    threads = [threading.Thread(target=scan, args=(root, top, n)) for top in ("usr", "var", "usr")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(root.size, "bytes")
    assert root.size == 3 * sum(range(n))


if __name__ == "__main__":
    main()

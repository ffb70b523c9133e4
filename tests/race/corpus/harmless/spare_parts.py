# kind: harmless
# The test is only a short cut: the pop is guarded against having come too late.
import sys
import threading


class Box:
    def __init__(self, parts):
        self.parts = list(parts)

    def take(self):
        if not self.parts:
            return None
        try:
            return self.parts.pop()
        except IndexError:
            return None


def build(box, used):
    while (part := box.take()) is not None:
        used.append(part)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    box, used = Box(range(n)), []
    threads = [threading.Thread(target=build, args=(box, used)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(used), "parts used")


if __name__ == "__main__":
    main()

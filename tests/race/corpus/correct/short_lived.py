# kind: correct
# Many short-lived objects in each thread: their addresses are used again by those of other threads.
import sys
import threading


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def scale(self, by):
        self.x *= by
        self.y *= by
        return self


def simulate(steps, out, place):
    total = 0
    for i in range(steps):
        v = Vector(i, i + 1)
        v.scale(3)
        pair = [v.x, v.y]
        pair[0] += 1
        total += sum(pair) + len({"x": v.x, "y": v.y})
        del v
    out[place] = total


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    out = {}
    for round_ in range(3):
        threads = [threading.Thread(target=simulate, args=(n, out, (round_, i))) for i in range(3)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    print(len(out), "results")
    assert len(set(out.values())) == 1


if __name__ == "__main__":
    main()

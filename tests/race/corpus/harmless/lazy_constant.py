# kind: harmless
# Two threads may both compute an immutable value and store it: the same one.
import sys
import threading


class Circle:
    def __init__(self, radius):
        self.radius = radius
        self._area = None

    @property
    def area(self):
        if self._area is None:
            self._area = 3.141592653589793 * self.radius**2
        return self._area


def measure(circles, areas):
    for circle in circles:
        areas.append(circle.area)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    circles = [Circle(i) for i in range(n)]
    areas = [[], []]
    threads = [threading.Thread(target=measure, args=(circles, out)) for out in areas]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(areas[0] == areas[1])


if __name__ == "__main__":
    main()

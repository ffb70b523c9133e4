from multiprocessing import Process
from multiprocessing.managers import BaseManager


class Counter:
    def __init__(self, start=0):
        self.n = start

    def add(self, k=1):
        self.n += k
        return self.n

    def value(self):
        return self.n


class MyManager(BaseManager):
    pass


MyManager.register("Counter", Counter)


def bump(c):
    for _ in range(10):
        c.add()


if __name__ == "__main__":
    with MyManager() as m:
        c = m.Counter(5)
        for _ in range(3):
            p = Process(target=bump, args=(c,))
            p.start()
            p.join()
        print(c.value(), c.add(k=2))
        try:
            c.add("x")
        except TypeError as e:
            print(type(e).__name__)
        try:
            c.nothing()
        except AttributeError:
            print("no attribute")

# kind: correct
# A reader-writer lock: many readers or one writer; whoever reads both fields sees them agree.
import sys
import threading
from contextlib import contextmanager


class ReadWriteLock:
    def __init__(self):
        self._condition = threading.Condition()
        self._readers = 0
        self._writing = False

    @contextmanager
    def reading(self):
        with self._condition:
            while self._writing:
                self._condition.wait()
            self._readers += 1
        try:
            yield
        finally:
            with self._condition:
                self._readers -= 1
                self._condition.notify_all()

    @contextmanager
    def writing(self):
        with self._condition:
            while self._writing or self._readers:
                self._condition.wait()
            self._writing = True
        try:
            yield
        finally:
            with self._condition:
                self._writing = False
                self._condition.notify_all()


lock = ReadWriteLock()
price = {"net": 100, "gross": 119}


def change(n):
    for i in range(n):
        with lock.writing():
            price["net"] += 100 * i
            price["gross"] += 119 * i


def look(n):
    for _ in range(n):
        with lock.reading():
            assert price["gross"] * 100 == price["net"] * 119


n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
threads = [threading.Thread(target=f, args=(n,)) for f in (change, look, look, change)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(price)

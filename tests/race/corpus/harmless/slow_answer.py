# kind: harmless
# The data is stored first and the flag afterwards; who sees the flag finds the data.
import sys
import threading
import time


class Lookup:
    def __init__(self, name):
        self.name = name
        self.ready = False
        self.answer = None

    def run(self):
        self.answer = [self.name.upper(), len(self.name)]
        self.ready = True


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    lookups = [Lookup(f"host-{i}") for i in range(n)]
    threads = [threading.Thread(target=lookup.run) for lookup in lookups]
    for t in threads:
        t.start()
    answers = []
    for lookup in lookups:
        while not lookup.ready:
            time.sleep(0.0005)
        answers.append(lookup.answer[0])
    print(answers)
    for t in threads:
        t.join()


if __name__ == "__main__":
    main()

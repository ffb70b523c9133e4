# kind: correct
# A Condition with its loop, two producers and two consumers.
import sys
import threading


class Mailbox:
    def __init__(self):
        self.letters = []
        self.arrived = threading.Condition()

    def put(self, letter):
        with self.arrived:
            self.letters.append(letter)
            self.arrived.notify()

    def take(self):
        with self.arrived:
            while not self.letters:
                self.arrived.wait()
            return self.letters.pop(0)


def write(box, name, n):
    for i in range(n):
        box.put(f"{name} {i}")


def read(box, n, seen):
    for _ in range(n):
        seen.append(box.take())


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    box, seen = Mailbox(), []
    threads = [threading.Thread(target=read, args=(box, n, seen)) for _ in range(2)]
    threads += [threading.Thread(target=write, args=(box, name, n)) for name in ("from Ann", "from Bob")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(seen), "letters read")
    assert len(set(seen)) == 2 * n and not box.letters


if __name__ == "__main__":
    main()

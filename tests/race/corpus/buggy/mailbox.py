# kind: wait-without-loop
# also: uncaught-exception, check-then-act
# A consumer that was woken does not look again: another consumer came first and took the letter (IndexError).
import sys
import threading
import time


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
            if not self.letters:  # RACE
                self.arrived.wait()  # RACE
            return self.letters.pop(0)  # RACE


def read(box, n, seen):
    for _ in range(n):
        seen.append(box.take())


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    box, seen = Mailbox(), []
    readers = [threading.Thread(target=read, args=(box, n, seen)) for _ in range(2)]
    for reader in readers:
        reader.start()
    for i in range(2 * n):
        time.sleep(0.001)
        box.put(f"letter {i}")
    for reader in readers:
        reader.join()
    print(len(seen), "letters read")


if __name__ == "__main__":
    main()

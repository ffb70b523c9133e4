# kind: missed-signal
# also: hang, check-then-act
# The flag is tested before the lock is taken: opened and notified in between, the wait has no end.
import sys
import threading
import time


class Gate:
    def __init__(self):
        self.opened = False
        self.changed = threading.Condition()

    def open(self):
        self.opened = True  # RACE
        with self.changed:
            self.changed.notify_all()  # RACE

    def pass_through(self):
        if not self.opened:  # RACE
            with self.changed:
                self.changed.wait()  # RACE


def runner(gate, name, passed):
    gate.pass_through()
    passed.append(name)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    gate, passed = Gate(), []
    runners = [threading.Thread(target=runner, args=(gate, f"runner {i}", passed)) for i in range(n)]
    for r in runners:
        r.start()
    time.sleep(0.005)
    gate.open()
    for r in runners:
        r.join()
    print(len(passed), "through the gate")


if __name__ == "__main__":
    main()

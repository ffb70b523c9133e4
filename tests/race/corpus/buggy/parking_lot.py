# kind: wait-without-loop
# also: check-then-act
# arguments: --check
# notify_all wakes every driver for one free space, and none of them looks again.
import sys
import threading


class ParkingLot:
    def __init__(self, spaces):
        self.free = spaces
        self.least = spaces
        self.left = threading.Condition()

    def enter(self):
        with self.left:
            if self.free == 0:  # RACE
                self.left.wait()  # RACE
            self.free -= 1  # RACE
            self.least = min(self.least, self.free)

    def leave(self):
        with self.left:
            self.free += 1
            self.left.notify_all()


def drive(lot, n):
    for _ in range(n):
        lot.enter()
        lot.leave()


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 5
    lot = ParkingLot(spaces=1)
    drivers = [threading.Thread(target=drive, args=(lot, n)) for _ in range(3)]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join()
    print("free:", lot.free, "least:", lot.least)
    if "--check" in sys.argv:
        assert lot.least >= 0, f"{-lot.least} cars too many"


if __name__ == "__main__":
    main()

# kind: check-then-act
# arguments: --check
# Two steps that each hold the lock: what the first one found may be gone at the second.
import sys
import threading


class Theatre:
    def __init__(self, seats):
        self._lock = threading.Lock()
        self._free = seats
        self.sold = []

    def available(self):
        with self._lock:
            return self._free > 0  # RACE

    def sell(self, customer):
        with self._lock:
            self._free -= 1  # RACE
            self.sold.append(customer)


def box_office(theatre, name, customers):
    for number in range(customers):
        if theatre.available():  # RACE
            theatre.sell(f"{name}-{number}")  # RACE


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 4
    oversold = 0
    for _ in range(n):
        theatre = Theatre(seats=3)
        offices = [threading.Thread(target=box_office, args=(theatre, name, 4)) for name in ("east", "west")]
        for office in offices:
            office.start()
        for office in offices:
            office.join()
        oversold += len(theatre.sold) - 3
    print("oversold:", oversold)
    if "--check" in sys.argv:
        assert oversold == 0


if __name__ == "__main__":
    main()

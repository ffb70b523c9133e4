# kind: correct
# A lock for each key, made by setdefault, so that everybody gets the same one.
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from threading import Lock


class Ledger:
    def __init__(self):
        self._locks = {}
        self.balances = {}
        self.history = defaultdict(list)

    def lock(self, name):
        return self._locks.setdefault(name, Lock())

    def book(self, name, amount):
        with self.lock(name):
            if name not in self.balances:
                self.balances[name] = 0
                self.history[name] = []
            self.balances[name] += amount
            self.history[name].append(self.balances[name])


def book_all(ledger, names):
    for amount, name in enumerate(names, 1):
        ledger.book(name, amount)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    ledger = Ledger()
    names = ["rent", "food", "fun"] * n
    with ThreadPoolExecutor(max_workers=3) as pool:
        for _ in range(3):
            pool.submit(book_all, ledger, names)
    print(sum(ledger.balances.values()))
    assert sum(ledger.balances.values()) == 3 * sum(range(1, 3 * n + 1))
    assert all(ledger.history[name][-1] == balance for name, balance in ledger.balances.items())


if __name__ == "__main__":
    main()

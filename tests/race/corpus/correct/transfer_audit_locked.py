# kind: correct
# Transfers and the audit both hold the lock.
import sys
import threading


class Bank:
    def __init__(self, accounts):
        self.lock = threading.Lock()
        self.balances = dict.fromkeys(accounts, 100)

    def transfer(self, source, target, amount):
        with self.lock:
            if self.balances[source] < amount:
                return False
            self.balances[source] -= amount
            self.balances[target] += amount
            return True

    def total(self):
        with self.lock:
            return sum(self.balances.values())


def trade(bank, source, target, n):
    for i in range(n):
        bank.transfer(source, target, 10 * i)


def audit(bank, n, totals):
    for _ in range(n):
        totals.append(bank.total())


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    bank, totals = Bank(["alice", "bob", "carol"]), []
    threads = [
        threading.Thread(target=trade, args=(bank, "alice", "bob", n)),
        threading.Thread(target=trade, args=(bank, "bob", "carol", n)),
        threading.Thread(target=audit, args=(bank, n, totals)),
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("totals:", sorted(set(totals)))
    assert set(totals) == {300} and min(bank.balances.values()) >= 0


if __name__ == "__main__":
    main()

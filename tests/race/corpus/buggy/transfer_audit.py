# kind: torn-read
# arguments: --check
# Transfers hold the lock, the audit that adds all balances up does not.
import sys
import threading


class Bank:
    def __init__(self, accounts):
        self.lock = threading.Lock()
        self.balances = dict.fromkeys(accounts, 100)

    def transfer(self, source, target, amount):
        with self.lock:
            self.balances[source] -= amount  # RACE
            self.balances[target] += amount  # RACE

    def total(self):
        result = 0
        for account in ("alice", "bob", "carol"):
            result += self.balances[account]  # RACE
        return result


def trade(bank, n):
    for i in range(n):
        bank.transfer("alice", "carol", i % 5)
        bank.transfer("carol", "bob", i % 3)


def audit(bank, n, totals):
    for _ in range(n):
        totals.add(bank.total())


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    bank = Bank(["alice", "bob", "carol"])
    totals = set()
    threads = [threading.Thread(target=trade, args=(bank, n)), threading.Thread(target=audit, args=(bank, n, totals))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("totals:", sorted(totals))
    if "--check" in sys.argv:
        assert totals == {300}, totals


if __name__ == "__main__":
    main()

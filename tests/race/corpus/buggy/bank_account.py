# kind: lost-update
# arguments: --check
# An attribute, `+=` and `-=` from several threads.
import sys
import threading


class Account:
    def __init__(self, owner, balance):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount):
        self.balance += amount  # RACE

    def withdraw(self, amount):
        self.balance -= amount  # RACE


def teller(account, orders):
    for order in orders:
        if order >= 0:
            account.deposit(order)
        else:
            account.withdraw(-order)


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    n = int(args[0]) if args else 10
    account = Account("Ada", 1000)
    tellers = [threading.Thread(target=teller, args=(account, [30, -10] * n), name=f"teller-{i}") for i in range(3)]
    for t in tellers:
        t.start()
    for t in tellers:
        t.join()
    print(f"{account.owner}: {account.balance}")
    if "--check" in sys.argv:
        assert account.balance == 1000 + 3 * 20 * n


if __name__ == "__main__":
    main()

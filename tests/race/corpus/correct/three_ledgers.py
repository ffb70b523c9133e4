# kind: correct
# `with` on several locks, always in the same order, whichever of them are needed.
import sys
from threading import Lock, Thread

cash_lock, bank_lock, debt_lock = Lock(), Lock(), Lock()
cash = bank = debt = 0


def earn(amount):
    global cash, bank
    with cash_lock, bank_lock:
        cash += amount
        bank -= amount


def borrow(amount):
    global bank, debt
    with bank_lock, debt_lock:
        bank += amount
        debt -= amount


def repay(amount):
    global cash, debt
    with cash_lock:
        cash -= amount
        with debt_lock:
            debt += amount


def balance():
    with cash_lock, bank_lock, debt_lock:
        return cash + bank + debt


def run(action, n):
    for i in range(n):
        action(i)
        assert balance() == 0


n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
threads = [Thread(target=run, args=(action, n)) for action in (earn, borrow, repay)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("balance", balance(), "cash", cash)

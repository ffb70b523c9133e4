# kind: lost-update
# also: inconsistent-locks
# arguments: --check
# One update in a long run of locked ones is made without the lock.
import sys
import threading


class Till:
    def __init__(self):
        self.lock = threading.Lock()
        self.cents = 0

    def pay(self, cents):
        with self.lock:
            self.cents += cents  # RACE

    def pay_rounded(self, cents):
        self.cents += 5 * round(cents / 5)  # RACE


def shop(till, customers, rounded):
    for customer in range(customers):
        if customer == rounded:
            till.pay_rounded(98)
        else:
            till.pay(100)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 60
    till = Till()
    threads = [
        threading.Thread(target=shop, args=(till, n, None)),
        threading.Thread(target=shop, args=(till, n, n // 2)),
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(f"{till.cents / 100:.2f}")
    if "--check" in sys.argv:
        assert till.cents == 200 * n


if __name__ == "__main__":
    main()

# kind: lock-order-inversion
# also: deadlock
# Two transfers in opposite directions take the two accounts' locks in opposite order.
import sys
import threading


class Wallet:
    def __init__(self, owner, coins):
        self.owner = owner
        self.coins = coins
        self.lock = threading.Lock()

    def send(self, other, coins):
        with self.lock:  # RACE
            with other.lock:  # RACE
                self.coins -= coins
                other.coins += coins


def trade(source, target, n):
    for _ in range(n):
        source.send(target, 1)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    ann, bea = Wallet("Ann", 100), Wallet("Bea", 100)
    there = threading.Thread(target=trade, args=(ann, bea, n))
    back = threading.Thread(target=trade, args=(bea, ann, n))
    there.start()
    back.start()
    there.join()
    back.join()
    print(ann.coins, bea.coins)


if __name__ == "__main__":
    main()

# kind: correct
# Two wallets' locks are always taken in the order of their numbers.
import itertools
import sys
import threading

numbers = itertools.count()


class Wallet:
    def __init__(self, owner, coins):
        self.owner = owner
        self.coins = coins
        self.number = next(numbers)
        self.lock = threading.Lock()

    def send(self, other, coins):
        first, second = sorted((self, other), key=lambda wallet: wallet.number)
        with first.lock, second.lock:
            self.coins -= coins
            other.coins += coins


def trade(source, target, n):
    for _ in range(n):
        source.send(target, 1)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    ann, bea = Wallet("Ann", 100), Wallet("Bea", 100)
    there = threading.Thread(target=trade, args=(ann, bea, n))
    back = threading.Thread(target=trade, args=(bea, ann, n))
    there.start()
    back.start()
    there.join()
    back.join()
    print(ann.coins, bea.coins)
    assert ann.coins == bea.coins == 100


if __name__ == "__main__":
    main()

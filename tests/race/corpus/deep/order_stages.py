# kind: publish-before-ready
# also: uncaught-exception
# It takes three threads: the second passes on what the first has not finished, and the third stumbles (TypeError).
import sys
import threading


class Order:
    def __init__(self, items):
        self.items = items
        self.checked = False
        self.packed = False
        self.price = None


def check(orders):
    for order in orders:
        order.checked = all(order.items)  # RACE
        order.price = 10 * len(order.items)  # RACE


def pack(orders, boxes):
    for order in orders:
        if order.checked:
            boxes.append(" ".join(order.items))
            order.packed = True  # RACE


def bill(orders, bills):
    for order in orders:
        if order.packed:  # RACE
            bills.append(f"{order.price + 3} EUR")  # RACE


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    orders = [Order(["pen", "ink"]) for _ in range(n)]
    boxes, bills = [], []
    threads = [
        threading.Thread(target=check, args=(orders,)),
        threading.Thread(target=pack, args=(orders, boxes)),
        threading.Thread(target=bill, args=(orders, bills)),
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(sum(order.price for order in orders), "EUR without postage")


if __name__ == "__main__":
    main()

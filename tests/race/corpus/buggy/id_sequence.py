# kind: shared-iterator
# An id generator made of a generator function (ValueError: generator already executing).
import sys
import threading


def sequence(prefix):
    number = 0
    while True:
        number += 1
        yield f"{prefix}-{number:06d}"


class Orders:
    def __init__(self):
        self._ids = sequence("order")
        self.by_id = {}

    def add(self, customer):
        order_id = next(self._ids)  # RACE
        self.by_id[order_id] = customer
        return order_id


def shop(orders, customer, n):
    for _ in range(n):
        orders.add(customer)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    orders = Orders()
    threads = [threading.Thread(target=shop, args=(orders, name, n)) for name in ("Ida", "Joe", "Kay")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(orders.by_id), "orders")


if __name__ == "__main__":
    main()

# kind: lock-order-inversion
# also: deadlock
# Three locks in a ring that is closed by a path taken once in a long run only, and only with three threads at it.
import sys
import threading

users_lock, orders_lock, stock_lock = threading.Lock(), threading.Lock(), threading.Lock()
users, orders, stock = [], [], [0]


def register(n):
    for i in range(n):
        with users_lock:  # RACE
            users.append(i)
            with orders_lock:  # RACE
                orders.append(("welcome", i))


def deliver(n):
    for _ in range(n):
        with orders_lock:  # RACE
            if orders:
                orders.pop()
            with stock_lock:  # RACE
                stock[0] -= 1


def refill(n):
    for i in range(n):
        with stock_lock:  # RACE
            stock[0] += 1
            if i == n // 2:
                with users_lock:  # RACE
                    stock[0] += len(users) and 1


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    threads = [threading.Thread(target=work, args=(n,)) for work in (register, deliver, refill)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(users), "users")


if __name__ == "__main__":
    main()

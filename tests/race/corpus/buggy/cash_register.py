# kind: lost-update
# also: inconsistent-locks
# arguments: --check
# Sales and refunds each have a lock; both change the one total.
import sys
import threading


class Register:
    def __init__(self):
        self.sale_lock = threading.Lock()
        self.refund_lock = threading.Lock()
        self.total = 0

    def sell(self, price):
        with self.sale_lock:
            self.total += price  # RACE

    def refund(self, price):
        with self.refund_lock:
            self.total -= price  # RACE


register = Register()
args = [a for a in sys.argv[1:] if a != "--check"]
n = int(args[0]) if args else 15


def selling():
    for _ in range(n):
        register.sell(20)


def refunding():
    for _ in range(n):
        register.refund(5)


counters = [threading.Thread(target=work) for work in (selling, refunding)]
for counter in counters:
    counter.start()
for counter in counters:
    counter.join()
print("in the register:", register.total)
if "--check" in sys.argv:
    assert register.total == n * 15

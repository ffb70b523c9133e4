# kind: changed-after-submit
# arguments: --check
# The thread gets the row itself, which the loop goes on to overwrite.
import sys
import threading
import time


def read_rows(n):
    for i in range(n):
        time.sleep(0.001)
        yield f"customer {i}", 10 * i


def mail(row, outbox):
    customer = row[0]  # RACE
    amount = row[1]  # RACE
    outbox.append(f"{customer}: {amount} EUR")


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 5
    outbox, threads = [], []
    row = ["", 0]
    for customer, amount in read_rows(n):
        row[0] = customer  # RACE
        row[1] = amount  # RACE
        thread = threading.Thread(target=mail, args=(row, outbox))
        thread.start()  # RACE
        threads.append(thread)
    for thread in threads:
        thread.join()
    for line in sorted(outbox):
        print(line)
    if "--check" in sys.argv:
        assert sorted(outbox) == [f"customer {i}: {10 * i} EUR" for i in range(n)], outbox


if __name__ == "__main__":
    main()

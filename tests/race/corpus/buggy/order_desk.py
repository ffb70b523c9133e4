# kind: deadlock
# also: hang
# One thread waits for the queue with the lock in its hand; who would fill the queue wants that lock first.
import queue
import sys
import threading

orders = queue.Queue()
book_lock = threading.Lock()
book = []


def customer(n):
    for i in range(n):
        with book_lock:  # RACE
            book.append(f"order {i}")
        orders.put(i)  # RACE


def cook(n):
    for _ in range(n):
        with book_lock:  # RACE
            number = orders.get()  # RACE
            book.remove(f"order {number}")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    threads = [threading.Thread(target=customer, args=(n,)), threading.Thread(target=cook, args=(n,))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("left in the book:", book)


if __name__ == "__main__":
    main()

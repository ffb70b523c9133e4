# kind: lost-update
# arguments: --check
# Two brokers handle commands with match; the book's totals are in a dataclass with slots.
import sys
import threading
from dataclasses import dataclass


@dataclass(slots=True)
class Book:
    bought: int = 0
    sold: int = 0
    refused: int = 0


def handle(book, command):
    match command:
        case ("buy", int(amount)) if amount > 0:
            book.bought += amount  # RACE
        case {"sell": amount}:
            sold = book.sold  # RACE
            book.sold = sold + amount  # RACE
        case _:
            book.refused += 1  # RACE


def broker(book, commands):
    for command in commands:
        handle(book, command)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 6
    book = Book()
    commands = [("buy", 3), {"sell": 2}, "cancel"] * n
    brokers = [threading.Thread(target=broker, args=(book, commands)) for _ in range(2)]
    for b in brokers:
        b.start()
    for b in brokers:
        b.join()
    print(book)
    if "--check" in sys.argv:
        assert book == Book(6 * n, 4 * n, 2 * n), book


if __name__ == "__main__":
    main()

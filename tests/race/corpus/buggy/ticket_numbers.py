# kind: lost-update
# arguments: --check
# A class attribute is read, used and set over several lines: two tickets get one number.
import sys
import threading


class Ticket:
    next_number = 1

    def __init__(self, subject):
        number = Ticket.next_number  # RACE
        self.subject = subject
        self.key = f"T-{number:05d}"
        Ticket.next_number = number + 1  # RACE

    def __repr__(self):
        return f"<{self.key} {self.subject}>"


def open_tickets(desk, n, opened):
    for i in range(n):
        opened.append(Ticket(f"{desk} #{i}"))


def main(argv):
    check = "--check" in argv
    numbers = [int(a) for a in argv if a.isdigit()]
    n = numbers[0] if numbers else 8
    opened = []
    desks = [threading.Thread(target=open_tickets, args=(desk, n, opened)) for desk in ("sales", "support")]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    keys = {ticket.key for ticket in opened}
    print(len(opened), "tickets,", len(keys), "keys")
    if check:
        assert len(keys) == len(opened), "two tickets with one key"


main(sys.argv[1:])

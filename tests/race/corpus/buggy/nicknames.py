# kind: check-then-act
# arguments: --check
# Two guests get the same nickname: the set is asked first and added to afterwards.
import sys
import threading


class ChatRoom:
    def __init__(self):
        self.names = set()
        self.welcomed = []

    def join(self, wish):
        name, number = wish, 1
        while name in self.names:  # RACE
            number += 1
            name = f"{wish}{number}"
        self.names.add(name)  # RACE
        self.welcomed.append(name)
        return name


def guests(room, wishes):
    for wish in wishes:
        room.join(wish)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 3
    room = ChatRoom()
    threads = [threading.Thread(target=guests, args=(room, ["kim", "lee", "sam"] * n)) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(room.welcomed), "guests,", len(room.names), "names")
    if "--check" in sys.argv:
        assert len(room.names) == len(room.welcomed)


if __name__ == "__main__":
    main()

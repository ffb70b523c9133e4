# kind: iteration-mutation
# arguments: --check
# A list is walked while another thread removes from it: the walk leaves some out, without a word.
import sys
import threading


class Todo:
    def __init__(self, items):
        self.items = list(items)

    def remove(self, item):
        self.items.remove(item)  # RACE

    def important(self):
        found = []
        for item in self.items:  # RACE
            if item.startswith("!"):
                found.append(item)
        return found


def finish(todo, n):
    for i in range(n):
        todo.remove(f"chore {i}")


def remind(todo, n, reminders):
    for _ in range(n):
        reminders.append(len(todo.important()))


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 8
    todo = Todo([f"chore {i}" for i in range(n)] + ["!taxes", "!dentist", "!birthday"])
    reminders = []
    threads = [
        threading.Thread(target=finish, args=(todo, n)),
        threading.Thread(target=remind, args=(todo, n, reminders)),
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("fewest reminders:", min(reminders))
    if "--check" in sys.argv:
        assert set(reminders) == {3}, reminders


if __name__ == "__main__":
    main()

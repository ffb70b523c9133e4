# kind: lost-update
# arguments: --check
# The history is an immutable tuple that is replaced, but from a version that may be old by then.
import sys
import threading


class Trail:
    __slots__ = ("entries", "last")

    def __init__(self):
        self.entries = ()
        self.last = None

    def add(self, who, what):
        entry = (who, what)
        longer = self.entries + (entry,)  # RACE
        self.entries = longer  # RACE
        self.last = entry


def act(trail, who, n):
    for i in range(n):
        trail.add(who, f"action {i}")


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    trail = Trail()
    threads = [threading.Thread(target=act, args=(trail, who, n)) for who in ("root", "guest")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(trail.entries), "entries")
    if "--check" in sys.argv:
        assert len(set(trail.entries)) == 2 * n


if __name__ == "__main__":
    main()

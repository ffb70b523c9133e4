# kind: check-then-act
# also: lost-update, uncaught-exception
# arguments: --check
# ABA: a compare-and-set that is atomic, but the same head may have another next one by then. It takes three switches:
# one thread stops between reading `next` and the compare; another takes two blocks and gives the first one back.
import sys
import threading


class FreeList:
    def __init__(self, size):
        self.following = list(range(1, size)) + [None]
        self.head = 0
        self.lock = threading.Lock()

    def _swap(self, expected, new):
        with self.lock:
            if self.head != expected:  # RACE
                return False
            self.head = new  # RACE
            return True

    def take(self):
        while (block := self.head) is not None:  # RACE
            following = self.following[block]  # RACE
            if self._swap(block, following):  # RACE
                return block
        return None

    def give(self, block):
        while True:
            head = self.head
            self.following[block] = head  # RACE
            if self._swap(head, block):
                return


def use(blocks, n, owner, owners, doubled):
    for _ in range(n):
        mine = [block for block in (blocks.take(), blocks.take()) if block is not None]
        for block in mine:
            if owners.setdefault(block, owner) != owner:
                doubled.append(block)
                return
        for block in mine[::-1]:
            del owners[block]
            blocks.give(block)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    blocks, owners, doubled = FreeList(6), {}, []
    threads = [threading.Thread(target=use, args=(blocks, n, owner, owners, doubled)) for owner in ("a", "b", "c")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("blocks with two owners:", doubled)
    if "--check" in sys.argv:
        assert not doubled


if __name__ == "__main__":
    main()

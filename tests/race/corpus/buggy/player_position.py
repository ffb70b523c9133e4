# kind: torn-read
# arguments: --check
# x and y are set and read one after the other: a point that never was may be seen.
import sys
import threading


class Player:
    def __init__(self):
        self.x = 0
        self.y = 0

    def move_to(self, x, y):
        self.x = x  # RACE
        self.y = y  # RACE

    def position(self):
        return self.x, self.y  # RACE


def walk(player, steps):
    for step in range(steps):
        player.move_to(step, -step)


def draw(player, frames, drawn):
    for _ in range(frames):
        drawn.append(player.position())


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 15
    player, drawn = Player(), []
    threads = [
        threading.Thread(target=walk, args=(player, n), name="game"),
        threading.Thread(target=draw, args=(player, n, drawn), name="screen"),
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wrong = [(x, y) for x, y in drawn if x != -y]
    print(f"{len(drawn)} frames, {len(wrong)} off the path")
    if "--check" in sys.argv:
        assert not wrong, wrong


if __name__ == "__main__":
    main()

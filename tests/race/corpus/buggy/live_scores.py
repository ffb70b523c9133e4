# kind: iteration-mutation
# A dict is iterated while another thread adds keys (RuntimeError).
import sys
import threading


class Scoreboard:
    def __init__(self):
        self.points = {}

    def score(self, player, points):
        self.points[player] = points  # RACE

    def leader(self):
        best, most = None, -1
        for player, points in self.points.items():  # RACE
            if points > most:
                best, most = player, points
        return best


def play(board, n):
    for i in range(n):
        board.score(f"player-{i}", i * 7 % n)


def show(board, n):
    for _ in range(n):
        board.leader()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    board = Scoreboard()
    game = threading.Thread(target=play, args=(board, n))
    screen = threading.Thread(target=show, args=(board, n))
    game.start()
    screen.start()
    game.join()
    screen.join()
    print(len(board.points), "players")


if __name__ == "__main__":
    main()

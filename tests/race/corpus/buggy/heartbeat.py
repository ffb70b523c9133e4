# kind: lost-update
# arguments: --check
# Timers run in threads of their own.
import sys
from threading import Timer


class Heart:
    def __init__(self):
        self.beats = 0
        self.log = []

    def beat(self, times):
        for _ in range(times):
            beats = self.beats  # RACE
            self.log.append(beats)
            self.beats = beats + 1  # RACE


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    heart = Heart()
    timers = [Timer(delay, heart.beat, args=[n]) for delay in (0.001, 0.002)]
    for timer in timers:
        timer.start()
    for timer in timers:
        timer.join()
    print(heart.beats, "beats")
    if "--check" in sys.argv:
        assert heart.beats == len(heart.log)


if __name__ == "__main__":
    main()

# kind: check-then-act
# also: uncaught-exception
# Two sweepers find the same expired session; the second `del` has nothing to delete (KeyError).
import sys
import threading


class Sessions:
    def __init__(self, count):
        self.expires = {f"session-{i}": i % 3 for i in range(count)}

    def sweep(self, now):
        for name in list(self.expires):
            if name in self.expires and self.expires[name] < now:  # RACE
                del self.expires[name]  # RACE


def sweeper(sessions):
    for now in range(3):
        sessions.sweep(now)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    sessions = Sessions(n)
    threads = [threading.Thread(target=sweeper, args=(sessions,)) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(sessions.expires), "sessions left")


if __name__ == "__main__":
    main()

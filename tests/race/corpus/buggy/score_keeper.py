# kind: lost-update
# also: inconsistent-locks
# arguments: --check
# One of the two places that change the score takes the lock, the other has forgotten it.
import sys
import threading

score_lock = threading.Lock()
score = {"home": 0, "guests": 0}


def goals(team, n):
    for _ in range(n):
        with score_lock:
            score[team] += 1  # RACE


def referee(n):
    for i in range(n):
        team = "home" if i % 2 else "guests"
        score[team] = score[team] + 1  # RACE


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 14
    threads = [
        threading.Thread(target=goals, args=("home", n)),
        threading.Thread(target=goals, args=("guests", n)),
        threading.Thread(target=referee, args=(n,)),
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("{home}:{guests}".format(**score))
    if "--check" in sys.argv:
        assert score["home"] + score["guests"] == 3 * n


if __name__ == "__main__":
    main()

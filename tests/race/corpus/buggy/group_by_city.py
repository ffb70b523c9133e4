# kind: check-then-act
# arguments: --check
# `if key not in d: d[key] = []`: the other thread's list is thrown away.
import sys
import threading

CITIES = ["Oslo", "Rome", "Lima", "Bern", "Kyiv", "Riga"]


def group(people, groups):
    for name, city in people:
        if city not in groups:  # RACE
            groups[city] = []  # RACE
        groups[city].append(name)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 2
    people = [(f"person-{i}", CITIES[i % len(CITIES)]) for i in range(12)]
    missing = 0
    for _ in range(n):
        groups = {}
        halves = [people[::2] + people[1::2], people[1::2] + people[::2]]
        threads = [threading.Thread(target=group, args=(half, groups)) for half in halves]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        missing += 24 - sum(map(len, groups.values()))
    print("missing:", missing)
    if "--check" in sys.argv:
        assert missing == 0, f"{missing} people are in no group"


main()

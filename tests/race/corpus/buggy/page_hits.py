# kind: lost-update
# arguments: --check
# A global counter, `+=` from two threads.
import sys
import threading

args = [a for a in sys.argv[1:] if a != "--check"]
REQUESTS = int(args[0]) if args else 20

hits = 0
by_page = {"/": 0, "/about": 0}


def serve(page):
    global hits
    for _ in range(REQUESTS):
        hits += 1  # RACE
        by_page[page] += 1


threads = [threading.Thread(target=serve, args=(page,)) for page in by_page]
for t in threads:
    t.start()
for t in threads:
    t.join()

print("hits:", hits)
if "--check" in sys.argv:
    assert hits == sum(by_page.values()), f"{hits} counted, {by_page} served"

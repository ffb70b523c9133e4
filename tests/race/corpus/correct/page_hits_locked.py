# kind: correct
# A global counter under a module-level lock.
import sys
import threading

REQUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 20

lock = threading.Lock()
hits = 0


def serve():
    global hits
    for _ in range(REQUESTS):
        with lock:
            hits += 1


threads = [threading.Thread(target=serve) for _ in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()

print("hits:", hits)
assert hits == 3 * REQUESTS

# kind: correct
# A context variable set in each thread's own context, with its own object.
import contextvars
import sys
import threading

request = contextvars.ContextVar("request")
finished = []


def step(name):
    current = request.get()
    current["steps"] = current["steps"] + 1
    current["trail"].append(name)


def handle(number, n):
    request.set({"number": number, "steps": 0, "trail": []})
    for i in range(n):
        step(f"step {i}")
    finished.append(request.get())


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    threads = []
    for number in range(3):
        context = contextvars.copy_context()
        threads.append(threading.Thread(target=context.run, args=(handle, number, n)))
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(r["number"] for r in finished) == [0, 1, 2]
    assert all(r["steps"] == len(r["trail"]) == n for r in finished)
    print(len(finished), "requests")


if __name__ == "__main__":
    main()

# kind: correct
# The loop's variable is bound at once, and each thread and message gets a copy of its own.
import sys
import threading
from queue import Queue


def receive(frames, received):
    while (frame := frames.get()) is not None:
        frame["seen"] = True
        received.append(frame)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    frames, received, roots = Queue(), [], []
    receiver = threading.Thread(target=receive, args=(frames, received))
    receiver.start()
    frame = {"number": None, "data": []}
    threads = []
    for number in range(n):
        frame["number"] = number
        frame["data"].append(number)
        frames.put({"number": number, "data": list(frame["data"])})
        thread = threading.Thread(target=lambda number=number: roots.append((number, number**0.5)))
        thread.start()
        threads.append(thread)
    frames.put(None)
    for thread in [receiver, *threads]:
        thread.join()
    print(len(received), "frames", len(roots), "roots")
    assert [frame["data"] for frame in received] == [list(range(i + 1)) for i in range(n)]
    assert sorted(number for number, _ in roots) == list(range(n))


if __name__ == "__main__":
    main()

# kind: changed-after-submit
# arguments: --check
# One dict is put into the queue again and again, with other contents each time.
import queue
import sys
import threading
import time


def receive(frames, received):
    while (frame := frames.get()) is not None:
        received.append((frame["number"], frame["data"]))  # RACE


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 8
    frames, received = queue.Queue(), []
    receiver = threading.Thread(target=receive, args=(frames, received))
    receiver.start()
    frame = {}
    for i in range(n):
        frame["number"] = i  # RACE
        frame["data"] = "x" * i  # RACE
        frames.put(frame)  # RACE
        time.sleep(0.001)
    frames.put(None)
    receiver.join()
    print(len({number for number, _ in received}), "frames")
    if "--check" in sys.argv:
        assert received == [(i, "x" * i) for i in range(n)], received


if __name__ == "__main__":
    main()

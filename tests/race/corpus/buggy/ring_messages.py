# kind: deadlock
# also: hang
# Client and server are joined by two bounded queues; when both are full, each waits for the other to read.
import sys
from queue import Empty, Queue
from threading import Thread


def server(requests, replies):
    while (request := requests.get()) is not None:
        replies.put(("accepted", request))  # RACE
        replies.put(("done", request))  # RACE


def client(requests, replies, n, results):
    for i in range(n):
        requests.put(i)  # RACE
        try:
            while True:
                results.append(replies.get(timeout=0.002))
        except Empty:
            pass
    while len(results) < 2 * n:
        results.append(replies.get())
    requests.put(None)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    requests, replies, results = Queue(maxsize=1), Queue(maxsize=1), []
    threads = [
        Thread(target=server, args=(requests, replies)),
        Thread(target=client, args=(requests, replies, n, results)),
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(results), "replies")


if __name__ == "__main__":
    main()

# kind: correct
# A deque as the way between two threads: append on one side, popleft with IndexError handled on the other.
import sys
import threading
import time
from collections import deque


class Packet:
    def __init__(self, number):
        self.number = number
        self.payload = []


def send(line, n):
    for i in range(n):
        packet = Packet(i)
        packet.payload.extend(range(i))
        line.append(packet)
    line.append(None)


def receive(line, received):
    while True:
        try:
            packet = line.popleft()
        except IndexError:
            time.sleep(0.0005)
            continue
        if packet is None:
            return
        packet.payload.append(packet.number)
        received.append(packet)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    line, received = deque(), []
    threads = [threading.Thread(target=receive, args=(line, received)), threading.Thread(target=send, args=(line, n))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(received), "packets")
    assert [packet.payload for packet in received] == [list(range(i + 1)) for i in range(n)]


if __name__ == "__main__":
    main()

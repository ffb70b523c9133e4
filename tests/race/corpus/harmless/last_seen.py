# kind: harmless
# The last one to write wins, and any of them is right.
import sys
import threading
import time


class Device:
    def __init__(self, name):
        self.name = name
        self.last_seen = 0.0
        self.online = False

    def heartbeat(self):
        self.last_seen = time.monotonic()
        self.online = True


def listen(device, n):
    for _ in range(n):
        device.heartbeat()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    started = time.monotonic()
    device = Device("thermostat")
    threads = [threading.Thread(target=listen, args=(device, n)) for _ in range(2)]
    for t in threads:
        t.start()
    while not device.online:
        time.sleep(0.0005)
    for t in threads:
        t.join()
    print(device.name, device.last_seen >= started)


if __name__ == "__main__":
    main()

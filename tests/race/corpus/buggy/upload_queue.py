# kind: missed-signal
# also: hang
# The event is cleared after the list was emptied: an upload added in between waits for ever.
import sys
import threading
import time


class Uploader:
    def __init__(self, expected):
        self.pending = []
        self.uploaded = []
        self.expected = expected
        self.wake = threading.Event()

    def add(self, name):
        self.pending.append(name)  # RACE
        self.wake.set()  # RACE

    def run(self):
        while len(self.uploaded) < self.expected:
            self.wake.wait()  # RACE
            while self.pending:  # RACE
                self.uploaded.append(self.pending.pop(0))
            self.wake.clear()  # RACE


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    uploader = Uploader(n)
    thread = threading.Thread(target=uploader.run)
    thread.start()
    for i in range(n):
        uploader.add(f"photo-{i}.jpg")
        time.sleep(0.001)
    thread.join()
    print(len(uploader.uploaded), "uploaded")


if __name__ == "__main__":
    main()

# kind: missed-signal
# also: hang
# The event is cleared after the list was emptied: an upload added in between waits for ever.
import sys
import threading


class Uploader:
    def __init__(self):
        self.pending = []
        self.wake = threading.Event()
        self.finished = threading.Semaphore(0)

    def add(self, name):
        self.pending.append(name)  # RACE
        self.wake.set()  # RACE

    def run(self):
        while True:
            self.wake.wait()  # RACE
            while self.pending:  # RACE
                if self.pending.pop(0) is None:
                    return
                self.finished.release()
            self.wake.clear()  # RACE


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    uploader = Uploader()
    thread = threading.Thread(target=uploader.run)
    thread.start()
    for i in range(n):
        uploader.add(f"photo-{i}.jpg")
        uploader.finished.acquire()
        print(f"photo-{i}.jpg is safe")
    uploader.add(None)
    thread.join()


if __name__ == "__main__":
    main()

# kind: missed-signal
# also: hang
# The worker may notify before anyone waits; the waiter asks nothing before it goes to wait.
import sys
import threading
import time


class Request:
    def __init__(self, n):
        self.n = n
        self.done = threading.Condition()
        self.result = None

    def ask(self):
        time.sleep(0.02)  # the server thinks
        return self.n * self.n

    def run(self):
        answer = self.ask()
        with self.done:
            self.result = answer
            self.done.notify_all()  # RACE

    def wait(self):
        with self.done:
            self.done.wait()  # RACE
            return self.result


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    for i in range(n):
        request = Request(i)
        threading.Thread(target=request.run, daemon=True).start()
        print(request.wait())


if __name__ == "__main__":
    main()

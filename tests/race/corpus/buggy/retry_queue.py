# kind: deadlock
# also: hang
# The only worker puts what failed back into the bounded queue, which may be full by then.
import queue
import sys
import threading
import time


class Sender:
    def __init__(self, size):
        self.outbox = queue.Queue(maxsize=size)
        self.sent = []
        self.failed = set()
        self.thread = threading.Thread(target=self.run)

    def deliver(self, mail):
        if mail % 3 == 0 and mail not in self.failed:
            self.failed.add(mail)
            raise ConnectionError("try again later")
        self.sent.append(mail)

    def run(self):
        while (mail := self.outbox.get()) is not None:
            try:
                self.deliver(mail)
            except ConnectionError:
                self.outbox.put(mail)  # RACE


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    sender = Sender(size=2)
    sender.thread.start()
    for mail in range(n):
        sender.outbox.put(mail)  # RACE
        time.sleep(0.001)
    while len(sender.sent) < n:
        time.sleep(0.001)
    sender.outbox.put(None)
    sender.thread.join()
    print(len(sender.sent), "mails")


if __name__ == "__main__":
    main()

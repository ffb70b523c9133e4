# kind: check-then-act
# arguments: --check
# Lazy creation of a shared object: two threads may make one each, and one's messages are lost.
import sys
import threading


class Connection:
    def __init__(self, host):
        self.host = host
        self.sent = []

    def send(self, message):
        self.sent.append(message)


class Client:
    def __init__(self, host):
        self.host = host
        self._connection = None

    @property
    def connection(self):
        if self._connection is None:  # RACE
            self._connection = Connection(self.host)  # RACE
        return self._connection


def report(client, source, n):
    for i in range(n):
        client.connection.send((source, i))


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 5
    lost = 0
    for day in range(n):
        client = Client(f"mail-{day}.example.org")
        threads = [threading.Thread(target=report, args=(client, source, 3)) for source in ("disk", "cpu")]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        lost += 6 - len(client.connection.sent)
    print("messages not sent:", lost)
    if "--check" in sys.argv:
        assert lost == 0


if __name__ == "__main__":
    main()

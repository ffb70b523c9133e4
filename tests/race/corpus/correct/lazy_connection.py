# kind: correct
# Double-checked locking: the object is built in full and then published, under the lock.
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
        self._lock = threading.Lock()
        self._connection = None

    def connection(self):
        connection = self._connection
        if connection is None:
            with self._lock:
                connection = self._connection
                if connection is None:
                    connection = Connection(self.host)
                    self._connection = connection
        return connection


def report(client, source):
    for i in range(3):
        client.connection().send((source, i))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for day in range(n):
        client = Client(f"mail-{day}.example.org")
        threads = [threading.Thread(target=report, args=(client, source)) for source in ("disk", "cpu")]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert len(client.connection().sent) == 6
    print("all sent")


if __name__ == "__main__":
    main()

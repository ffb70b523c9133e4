# kind: check-then-act
# also: uncaught-exception
# The socket is tested, then used; close() sets it to None in between (AttributeError).
import sys
import threading


class Socket:
    def __init__(self):
        self.sent = []

    def send(self, data):
        self.sent.append(data)


class ChatClient:
    def __init__(self):
        self.socket = None
        self.dropped = 0

    def connect(self):
        self.socket = Socket()

    def close(self):
        self.socket = None  # RACE

    def say(self, text):
        if self.socket is not None:  # RACE
            self.socket.send(text.encode())  # RACE
        else:
            self.dropped += 1


def talk(client, n):
    for i in range(n):
        client.say(f"message {i}")


def flaky_network(client, n):
    for _ in range(n):
        client.close()
        client.connect()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    client = ChatClient()
    client.connect()
    threads = [threading.Thread(target=f, args=(client, n)) for f in (talk, flaky_network)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("connected:", client.socket is not None)


if __name__ == "__main__":
    main()

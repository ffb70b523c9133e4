# kind: correct
# All attributes are written before the event is set, and read after it was waited for.
import sys
import threading


class Server:
    def __init__(self):
        self.started = threading.Event()
        self.port = None
        self.routes = {}

    def run(self):
        self.port = 8000
        for path in ("/", "/about", "/login"):
            self.routes[path] = path.strip("/") or "index"
        self.started.set()


def client(server, answers):
    server.started.wait()
    for path, page in server.routes.items():
        answers.append(f"{server.port}{path} {page}")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    for _ in range(n):
        server, answers = Server(), []
        threads = [threading.Thread(target=client, args=(server, answers)) for _ in range(2)]
        threads.append(threading.Thread(target=server.run))
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert len(answers) == 6 and all(answer.startswith("8000/") for answer in answers)
    print(n, "servers")


if __name__ == "__main__":
    main()

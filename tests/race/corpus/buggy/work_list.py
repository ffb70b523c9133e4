# kind: check-then-act
# `if todo: todo.pop()`: the last one is taken by another thread in between (IndexError).
import sys
import threading


class Downloader(threading.Thread):
    def __init__(self, todo, done):
        super().__init__()
        self.todo = todo
        self.done = done

    def run(self):
        while True:
            if self.todo:  # RACE
                url = self.todo.pop()  # RACE
                self.done.append(url.upper())
            else:
                break


n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
todo = [f"https://example.org/{i}" for i in range(n)]
done = []
workers = [Downloader(todo, done) for _ in range(3)]
for w in workers:
    w.start()
for w in workers:
    w.join()
print(len(done), "of", n)

# kind: harmless
# Copy on write by one writer: readers see the old table or the new one, each whole.
import sys
import threading


class Router:
    def __init__(self):
        self.routes = {"/": "index"}

    def add(self, path, page):
        routes = dict(self.routes)
        routes[path] = page
        self.routes = routes

    def resolve(self, path):
        return self.routes.get(path, "missing")

    def pages(self):
        return sorted(page for page in self.routes.values())


def deploy(router, n):
    for i in range(n):
        router.add(f"/page/{i}", f"page {i}")


def visit(router, n, seen):
    for i in range(n):
        seen.append(router.resolve(f"/page/{i}"))
        router.pages()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    router, seen = Router(), []
    threads = [
        threading.Thread(target=deploy, args=(router, n)),
        threading.Thread(target=visit, args=(router, n, seen)),
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(router.routes), "routes", len(seen), "visits")


if __name__ == "__main__":
    main()

# kind: check-then-act
# arguments: --check
# `try: d[k] except KeyError: d[k] = ...`: two threads get two different objects for one name.
import sys
import threading


class Template:
    def __init__(self, name):
        self.name = name
        self.used = []


class Loader:
    def __init__(self):
        self.templates = {}

    def get(self, name):
        try:
            return self.templates[name]  # RACE
        except KeyError:
            template = self.templates[name] = Template(name)  # RACE
            return template


def render(loader, thread, names):
    for name in names:
        loader.get(name).used.append(thread)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 8
    loader = Loader()
    names = [f"page-{i}.html" for i in range(n)]
    threads = [threading.Thread(target=render, args=(loader, i, names)) for i in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    used = sum(len(template.used) for template in loader.templates.values())
    print("rendered:", used)
    if "--check" in sys.argv:
        assert used == 2 * n


if __name__ == "__main__":
    main()

# kind: check-then-act
# arguments: --check
# A singleton by __new__: there may be two of it.
import sys
import threading


class Settings:
    _instance = None

    def __new__(cls):
        if cls._instance is None:  # RACE
            instance = super().__new__(cls)
            instance.values = {}
            cls._instance = instance  # RACE
        return cls._instance

    def set(self, key, value):
        self.values[key] = value


def configure(section, n):
    for i in range(n):
        Settings().set((section, i), i)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 5
    sections = ("network", "storage", "users")
    threads = [threading.Thread(target=configure, args=(section, n)) for section in sections]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(Settings().values), "values")
    if "--check" in sys.argv:
        assert len(Settings().values) == len(sections) * n


if __name__ == "__main__":
    main()

# kind: check-then-act
# arguments: --check
# A class-level mutable default, shared by all instances: the limit is tested and then passed.
import sys
import threading


class Feature:
    users = []

    def __init__(self, name, limit):
        self.name = name
        self.limit = limit

    def enable(self, user):
        if len(self.users) < self.limit:  # RACE
            self.users.append((self.name, user))  # RACE
            return True
        return False


def enable_all(feature, n, enabled):
    for user in range(n):
        if feature.enable(user):
            enabled.append(user)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 6
    enabled = []
    features = [Feature("dark-mode", n), Feature("beta", n)]
    threads = [threading.Thread(target=enable_all, args=(feature, n, enabled)) for feature in features]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(enabled), "enabled, limit", n)
    if "--check" in sys.argv:
        assert len(Feature.users) <= n, Feature.users


if __name__ == "__main__":
    main()

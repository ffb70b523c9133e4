# kind: correct
# A weak dictionary under a lock; the value found is held by a name before the lock is let go.
import sys
import threading
import weakref


class Session:
    def __init__(self, user):
        self.user = user
        self.lock = threading.Lock()
        self.requests = 0


class Sessions:
    def __init__(self):
        self._lock = threading.Lock()
        self._by_user = weakref.WeakValueDictionary()

    def get(self, user):
        with self._lock:
            session = self._by_user.get(user)
            if session is None:
                session = self._by_user[user] = Session(user)
            return session


def browse(sessions, users, n):
    for i in range(n):
        session = sessions.get(users[i % len(users)])
        with session.lock:
            before = session.requests
            session.requests = before + 1
            assert session.requests == before + 1


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    sessions = Sessions()
    threads = [threading.Thread(target=browse, args=(sessions, ["ann", "bob"], n)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(n, "requests each")


if __name__ == "__main__":
    main()

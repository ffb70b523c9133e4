# kind: correct
# Writers make a new immutable configuration under a lock; readers take the reference once and use only that.
import sys
import threading
from typing import NamedTuple


class Config(NamedTuple):
    version: int
    host: str
    port: int


class Settings:
    def __init__(self):
        self._lock = threading.Lock()
        self._config = Config(0, "db-0", 5000)

    @property
    def current(self):
        return self._config

    def bump(self):
        with self._lock:
            version = self._config.version + 1
            self._config = Config(version, f"db-{version}", 5000 + version)


def reload(settings, n):
    for _ in range(n):
        settings.bump()


def connect(settings, n):
    for _ in range(n):
        config = settings.current
        assert config.host == f"db-{config.port - 5000}"


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    settings = Settings()
    threads = [threading.Thread(target=f, args=(settings, n)) for f in (reload, connect, reload, connect)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(settings.current)
    assert settings.current.version == 2 * n


if __name__ == "__main__":
    main()

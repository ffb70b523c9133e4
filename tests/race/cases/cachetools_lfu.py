# package: cachetools==8.0.2
# reported in: frontrun's case studies, docs/CASE_STUDIES.rst of github.com/lucaswiman/frontrun, 11, B6
# line: cachetools/__init__.py: del link.keys[key]
"""Two readers of a cache."""

import threading

from cachetools import LFUCache

cache: LFUCache[str, int] = LFUCache(maxsize=8)
cache["a"] = 1
cache["b"] = 2


def read() -> None:
    print(cache["a"] + cache["b"])


readers = [threading.Thread(target=read) for _ in range(2)]
for reader in readers:
    reader.start()
for reader in readers:
    reader.join()

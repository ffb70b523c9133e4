# package: cachetools==8.0.2
# reported in: frontrun's case studies, docs/CASE_STUDIES.rst of github.com/lucaswiman/frontrun, 3
# line: cachetools/__init__.py: del self.__data[key]
"""Names of users, few of them remembered, looked up by several threads."""

import threading

from cachetools import LRUCache, cached


@cached(LRUCache(maxsize=1))
def name(user: int) -> str:
    return f"user {user}"


def page(users: list[int]) -> None:
    for user in users:
        print(name(user))


threads = [threading.Thread(target=page, args=([user, user + 1],)) for user in (1, 3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

# package: cachetools==8.0.2
# reported in: frontrun's case studies, docs/CASE_STUDIES.rst of github.com/lucaswiman/frontrun, 3 and 11
# line: cachetools/__init__.py: self.__currsize += 1
"""Squares, remembered."""

from concurrent.futures import ThreadPoolExecutor

from cachetools import LRUCache, cached


@cached(LRUCache(maxsize=64))
def square(number: int) -> int:
    return number * number


with ThreadPoolExecutor(max_workers=2) as pool:
    print(sum(pool.map(square, range(4))))

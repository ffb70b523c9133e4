# package: tenacity==9.2.1
# reported in: frontrun's case studies, docs/CASE_STUDIES.rst of github.com/lucaswiman/frontrun, 12
# line: tenacity/__init__.py: self.statistics["idle_for"] += sleep
"""A function that is retried, called by two threads."""

from concurrent.futures import ThreadPoolExecutor

from tenacity import retry, stop_after_attempt, wait_none


@retry(stop=stop_after_attempt(3), wait=wait_none(), reraise=True)
def fetch(page: int) -> str:
    if fetch.statistics["attempt_number"] < 2:
        raise ConnectionError(page)
    return f"page {page}"


with ThreadPoolExecutor(max_workers=2) as pool:
    print(list(pool.map(fetch, range(2))))

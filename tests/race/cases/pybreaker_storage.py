# package: pybreaker==1.4.1
# reported in: frontrun's case studies, docs/CASE_STUDIES.rst of github.com/lucaswiman/frontrun, 6
# line: pybreaker/__init__.py: self._fail_counter += 1
"""Two breakers for one service, one for reading and one for writing, that count its failures together."""

import contextlib
import threading

from pybreaker import STATE_CLOSED, CircuitBreaker, CircuitMemoryStorage

failures = CircuitMemoryStorage(STATE_CLOSED)
breakers = [CircuitBreaker(fail_max=10, state_storage=failures) for _ in range(2)]


def service() -> None:
    raise ConnectionError("no route to host")


def work(breaker: CircuitBreaker) -> None:
    for _ in range(2):
        with contextlib.suppress(ConnectionError):
            breaker.call(service)


workers = [threading.Thread(target=work, args=(breaker,)) for breaker in breakers]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
print(failures.counter, "failures")

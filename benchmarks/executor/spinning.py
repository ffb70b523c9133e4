"""Tasks of a given length."""

from __future__ import annotations

import threading
import time
from functools import cache

from tasks import spin


@cache
def loops(task_s: float) -> int:
    """How many loops of ``tasks.spin`` make a task of this CPU time, its call from a loop included.

    Found in a thread beside the main one, where tasks run, by that thread's own CPU clock: ten milliseconds of such
    tasks are timed five times and the fastest counts; thrice, each time from the number found before.
    """
    found = 1000

    def find() -> None:
        nonlocal found
        for _ in range(3):
            found = max(1, round(found * task_s / min(_a_task(found, task_s) for _ in range(5))))

    thread = threading.Thread(target=find)
    thread.start()
    thread.join()
    return found


def _a_task(count: int, task_s: float) -> float:
    times = max(1, round(0.01 / task_s))
    began = time.thread_time()
    for _ in range(times):
        spin(count)
    return (time.thread_time() - began) / times

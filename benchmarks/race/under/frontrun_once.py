"""One execution of a program by frontrun's DPOR.

python frontrun_once.py MODULE SIZE
"""

import functools
import importlib
import sys
import time

import frontrun
from running import WORKERS, tell

program = importlib.import_module(sys.argv[1])
began = 0.0


def prepare():
    global began
    state = program.prepare(int(sys.argv[2]))
    began = time.process_time()
    return state


def check(state):
    tell(time.process_time() - began, right=program.check(state))
    return True


def worker(number, state):
    program.work(state, number)


frontrun.explore(
    prepare, [functools.partial(worker, number) for number in range(WORKERS)], check,
    max_executions=1, max_branches=1 << 40, timeout_per_run=1e6, deadlock_timeout=1e6, clock="virtual",
)  # fmt: skip

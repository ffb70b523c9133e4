"""One schedule of a program under interleave-test, at every bytecode: it has to be given the threads.

python interleave_once.py MODULE SIZE
"""

import importlib
import sys
import time

import interleave_test
from running import WORKERS, tell

program = importlib.import_module(sys.argv[1])


def model():
    with interleave_test.no_interleave():
        state = program.prepare(int(sys.argv[2]))
    began = time.process_time()
    tasks = [interleave_test.spawn(program.work, state, number) for number in range(WORKERS)]
    for task in tasks:
        task.join()
    took = time.process_time() - began
    with interleave_test.no_interleave():
        tell(took, right=program.check(state))


interleave_test.explore(model, iterations=1, seed=1, strategy="random", timeout=1e6)

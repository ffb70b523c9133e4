"""How many schedules of ``increments`` a scheduler runs in a CPU-second.

python schedules.py {interleave-test|frontrun} STRATEGY SECONDS
"""

import json
import sys
import time

from increments import Counter, main, work

library, strategy, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
ran = 0


def interleaved(count):
    import interleave_test

    def model():
        global ran
        ran += 1
        main()

    interleave_test.explore(model, iterations=count, seed=count, strategy=strategy)


def frontran(count):
    import frontrun

    def prepare():
        global ran
        ran += 1
        return Counter()

    if strategy == "random":
        limits = {"max_attempts": count, "seed": count}
    else:  # which ends when it has seen all of them
        limits = {"max_executions": count, "stop_on_first": False}
    frontrun.explore(prepare, [work, work], lambda _: True, strategy=strategy, **limits)


run = {"interleave-test": interleaved, "frontrun": frontran}[library]
run(10)  # what is done once
counted, began = ran, time.process_time()
count = 20
while time.process_time() - began < seconds:
    run(count)
    count += 1  # so that the seed is another
print(json.dumps({"schedules": ran - counted, "cpu_s": time.process_time() - began}))

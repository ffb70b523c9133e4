"""How every program here is run: two threads, the time of which it takes itself.

    python PROGRAM.py SIZE

A program has three functions: ``prepare(size)`` makes what the threads share, ``work(state, number)`` is what the
thread of that number does, and ``check(state)`` says whether the result is right.
"""

import json
import resource
import sys
import threading
import time

WORKERS = 2


def main(prepare, work, check):
    state = prepare(int(sys.argv[1]))
    threads = [threading.Thread(target=work, args=(state, number)) for number in range(WORKERS)]
    began = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tell(time.process_time() - began, right=check(state))


def tell(cpu_s, right):
    print(json.dumps({"cpu_s": cpu_s, "peak_bytes": peak_bytes(), "right": right}), flush=True)


def peak_bytes():
    """Since this program was begun: ``ru_maxrss`` has in it what its parent took, on Linux."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024

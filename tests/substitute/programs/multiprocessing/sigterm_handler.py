"""A worker that cleans up when it is asked to end."""

import multiprocessing as mp
import signal
import sys
import time


def serve(ready):
    def stop(signum, frame):
        print("cleaning up", flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    ready.set()
    while True:
        time.sleep(0.02)


if __name__ == "__main__":
    ready = mp.Event()
    p = mp.Process(target=serve, args=(ready,))
    p.start()
    ready.wait()
    p.terminate()
    p.join()
    print(p.exitcode)

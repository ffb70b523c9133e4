"""The logging cookbook: workers log to a queue, one listener writes."""

import logging
import logging.handlers
import multiprocessing
import sys


def listener(queue):
    root = logging.getLogger("written")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(processName)s %(levelname)s %(message)s"))
    root.addHandler(handler)
    root.propagate = False
    while True:
        record = queue.get()
        if record is None:
            break
        root.handle(record)


def worker(queue, n):
    logger = logging.getLogger(f"worker{n}")
    logger.addHandler(logging.handlers.QueueHandler(queue))
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    for i in range(3):
        logger.info("message %d from %d", i, n)


if __name__ == "__main__":
    queue = multiprocessing.Queue(-1)
    lp = multiprocessing.Process(target=listener, args=(queue,), name="listener")
    lp.start()
    for n in range(3):
        w = multiprocessing.Process(target=worker, args=(queue, n), name=f"W{n}")
        w.start()
        w.join()
    queue.put_nowait(None)
    lp.join()
    print("done")

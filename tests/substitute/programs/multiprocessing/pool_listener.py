"""One pool task writes what all others send it (the well-known answer)."""

import multiprocessing as mp


def worker(arg, q):
    q.put(f"result {arg}")
    return arg


def listener(q):
    lines = []
    while True:
        m = q.get()
        if m == "kill":
            return lines
        lines.append(m)


if __name__ == "__main__":
    manager = mp.Manager()
    q = manager.Queue()
    pool = mp.Pool(4)
    watcher = pool.apply_async(listener, (q,))
    jobs = [pool.apply_async(worker, (i, q)) for i in range(10)]
    for job in jobs:
        job.get()
    q.put("kill")
    pool.close()
    pool.join()
    print(sorted(watcher.get()))

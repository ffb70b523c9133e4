"""Producer, consumers, one sentinel for each."""

import multiprocessing as mp


def consumer(tasks, results):
    while True:
        item = tasks.get()
        if item is None:
            break
        results.put((item, item**2))
    results.put(None)


if __name__ == "__main__":
    tasks, results = mp.Queue(maxsize=4), mp.Queue()
    workers = [mp.Process(target=consumer, args=(tasks, results)) for _ in range(3)]
    for w in workers:
        w.start()
    for i in range(20):
        tasks.put(i)
    for _ in workers:
        tasks.put(None)
    out, ended = [], 0
    while ended < len(workers):
        r = results.get()
        if r is None:
            ended += 1
        else:
            out.append(r)
    for w in workers:
        w.join()
    print(sorted(out)[:5], len(out), [w.exitcode for w in workers])

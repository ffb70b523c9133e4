import multiprocessing as mp
from queue import Empty


def worker(q, total):
    while True:
        try:
            n = q.get(timeout=5)
        except Empty:
            return
        with total.get_lock():
            total.value += n
        q.task_done()


if __name__ == "__main__":
    q = mp.JoinableQueue()
    total = mp.Value("i", 0)
    ps = [mp.Process(target=worker, args=(q, total), daemon=True) for _ in range(2)]
    [p.start() for p in ps]
    for i in range(1, 51):
        q.put(i)
    q.join()
    print(total.value, q.empty())
    try:
        q.get_nowait()
    except Empty:
        print("empty")
    try:
        q.task_done()
    except ValueError as e:
        print(e)

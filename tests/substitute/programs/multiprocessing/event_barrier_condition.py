import multiprocessing as mp


def runner(i, start, barrier, before, after):
    start.wait()
    before.put(("ready", i))
    barrier.wait()
    after.put(("past", i))


def waiter(cond, flag, q):
    with cond:
        ok = cond.wait_for(lambda: flag.value == 1, timeout=20)
    q.put(("condition", ok))


if __name__ == "__main__":
    start, barrier, q, after = mp.Event(), mp.Barrier(3), mp.Queue(), mp.Queue()
    ps = [mp.Process(target=runner, args=(i, start, barrier, q, after)) for i in range(3)]
    [p.start() for p in ps]
    print(start.is_set())
    start.set()
    first = [q.get() for _ in range(3)]
    then = [after.get() for _ in range(3)]
    [p.join() for p in ps]
    print(sorted(first), sorted(then), barrier.parties, barrier.broken)
    cond, flag = mp.Condition(), mp.Value("i", 0)
    p = mp.Process(target=waiter, args=(cond, flag, q))
    p.start()
    with cond:
        flag.value = 1
        cond.notify_all()
    print(q.get())
    p.join()
    s = mp.Semaphore(2)
    print(s.acquire(), s.acquire(timeout=1), s.acquire(block=False), s.get_value())

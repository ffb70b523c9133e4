import multiprocessing as mp


def me(q):
    p = mp.current_process()
    q.put((p.name, p.daemon, p._identity, mp.parent_process().name, len(mp.active_children())))


def name(_):
    p = mp.current_process()
    return p.name.rpartition("-")[0], p.daemon


if __name__ == "__main__":
    q = mp.Queue()
    for _ in range(2):
        p = mp.Process(target=me, args=(q,))
        p.start()
        print(q.get())
        p.join()
    ctx = mp.get_context("spawn")
    with ctx.Pool(2) as pool:
        print(set(pool.map(name, range(4))))
    print(mp.current_process().name, mp.parent_process(), mp.cpu_count() > 0)

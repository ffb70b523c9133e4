import multiprocessing as mp


def hello(q, i):
    q.put(i)


def triple(x):
    return 3 * x


if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        ctx = mp.get_context(method)
        q = ctx.Queue()
        p = ctx.Process(target=hello, args=(q, method))
        p.start()
        print(q.get(), ctx.get_start_method(), type(p).__name__, p.name)
        p.join()
        with ctx.Pool(2) as pool:
            print(pool.map(triple, range(4)))
    mp.set_start_method("fork", force=True)
    print(mp.get_start_method(), sorted(mp.get_all_start_methods()))
    try:
        mp.set_start_method("spawn")
    except RuntimeError as e:
        print(e)

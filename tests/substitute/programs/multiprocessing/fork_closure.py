"""Nested functions and lambdas work where workers are forked."""

import multiprocessing as mp


def main():
    ctx = mp.get_context("fork")
    q = ctx.Queue()
    factor = 3

    def scale(x):
        q.put(x * factor)

    ps = [ctx.Process(target=scale, args=(i,)) for i in range(4)]
    [p.start() for p in ps]
    print(sorted(q.get() for _ in ps))
    [p.join() for p in ps]
    p = ctx.Process(target=lambda: q.put("lambda"))
    p.start()
    print(q.get())
    p.join()


if __name__ == "__main__":
    main()

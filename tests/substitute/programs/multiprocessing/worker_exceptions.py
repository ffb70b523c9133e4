import multiprocessing as mp


class AppError(Exception):
    def __init__(self, message):
        super().__init__(message)
        self.extra = 42


def work(x):
    if x == 3:
        raise AppError("three")
    return 10 // (x - 5)


if __name__ == "__main__":
    with mp.Pool(2) as pool:
        for call in (pool.map, pool.imap, lambda f, it: pool.starmap(f, [(i,) for i in it])):
            try:
                print(list(call(work, [1, 2, 3])))
            except AppError as e:
                print("AppError", e)
        it = pool.imap(work, [4, 5, 6])
        print(next(it))
        try:
            next(it)
        except ZeroDivisionError as e:
            print(e)
        print(it.next(timeout=10))
        try:
            it.next()
        except StopIteration:
            print("end")
        r = pool.map_async(work, [1, 5])
        r.wait()
        print(r.ready(), r.successful())
        try:
            pool.map(work, 7)
        except TypeError as e:
            print(e)

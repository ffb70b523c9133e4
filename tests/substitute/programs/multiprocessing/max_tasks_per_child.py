import multiprocessing as mp


def work(x):
    return x * 2


if __name__ == "__main__":
    with mp.Pool(2, maxtasksperchild=3) as pool:
        print(pool.map(work, range(20), chunksize=1))
        print(list(pool.imap(work, range(10))))

import multiprocessing


def start():
    print("starting")


def double(x):
    return 2 * x


if __name__ == "__main__":
    pool = multiprocessing.Pool(processes=2, initializer=start)
    results = pool.map(double, range(10))
    pool.close()
    pool.join()
    print(results)

import multiprocessing as mp
import signal


def init_worker():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def work(x):
    return x + 1


if __name__ == "__main__":
    pool = mp.Pool(2, init_worker)
    try:
        print(pool.map(work, range(5)))
    except KeyboardInterrupt:
        pool.terminate()
    else:
        pool.close()
    pool.join()
    print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)

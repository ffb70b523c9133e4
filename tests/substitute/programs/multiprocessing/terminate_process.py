import multiprocessing as mp
import time


def spin(flag):
    flag.set()
    while True:
        time.sleep(0.02)


if __name__ == "__main__":
    flag = mp.Event()
    p = mp.Process(target=spin, args=(flag,))
    p.start()
    flag.wait()
    p.join(timeout=0.1)
    print(p.is_alive(), p.exitcode)
    p.terminate()
    p.join()
    print(p.is_alive(), p.exitcode)
    print(mp.active_children())

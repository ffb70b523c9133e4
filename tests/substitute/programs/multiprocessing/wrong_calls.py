import multiprocessing as mp

if __name__ == "__main__":
    lock = mp.Lock()
    try:
        lock.release()
    except ValueError as e:
        print("lock", e)
    r = mp.RLock()
    try:
        r.release()
    except AssertionError as e:
        print("rlock", e)
    print(r.acquire(), r.acquire(), r)
    r.release()
    r.release()
    b = mp.BoundedSemaphore(1)
    try:
        b.release()
    except ValueError as e:
        print("bs", e)
    q = mp.Queue()
    q.put(1)
    print(q.get(), q.empty())
    q.close()
    q.join_thread()
    try:
        q.put(2)
    except ValueError:
        print("closed")
    p = mp.Process(target=print)
    try:
        p.join()
    except AssertionError as e:
        print(e)
    try:
        print(p.sentinel)
    except ValueError as e:
        print(e)

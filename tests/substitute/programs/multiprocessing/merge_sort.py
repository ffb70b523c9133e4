import random
from multiprocessing import Pipe, Process


def merge(left, r):
    out = []
    while left and r:
        out.append((left if left[0] <= r[0] else r).pop(0))
    return out + left + r


def msort(lst, conn, depth):
    if depth <= 0 or len(lst) <= 1:
        conn.send(sorted(lst))
        conn.close()
        return
    mid = len(lst) // 2
    pl, cl = Pipe()
    pr, cr = Pipe()
    a = Process(target=msort, args=(lst[:mid], cl, depth - 1))
    b = Process(target=msort, args=(lst[mid:], cr, depth - 1))
    a.start()
    b.start()
    conn.send(merge(pl.recv(), pr.recv()))
    conn.close()
    a.join()
    b.join()


if __name__ == "__main__":
    random.seed(3)
    lst = [random.randint(0, 1000) for _ in range(200)]
    p, c = Pipe()
    proc = Process(target=msort, args=(lst, c, 2))
    proc.start()
    r = p.recv()
    proc.join()
    print(r == sorted(lst), r[:5])

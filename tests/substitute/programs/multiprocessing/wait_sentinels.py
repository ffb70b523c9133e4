import multiprocessing as mp
from multiprocessing.connection import wait


def send(w, i):
    for n in range(3):
        w.send((i, n))
    w.close()


if __name__ == "__main__":
    readers = []
    ps = []
    for i in range(3):
        r, w = mp.Pipe(duplex=False)
        readers.append(r)
        p = mp.Process(target=send, args=(w, i))
        p.start()
        ps.append(p)
        w.close()
    got = []
    while readers:
        for r in wait(readers):
            try:
                got.append(r.recv())
            except EOFError:
                readers.remove(r)
    print(sorted(got))
    left = {p.sentinel for p in ps}
    while left:
        left -= set(wait(left))
    for p in ps:
        p.join()
    print([p.exitcode for p in ps])

import multiprocessing as mp
from multiprocessing import Process
from multiprocessing.connection import Client, Listener


def server(ready, path):
    with Listener(path, authkey=b"k") as listener:
        ready.set()
        with listener.accept() as c:
            while True:
                try:
                    m = c.recv()
                except EOFError:
                    break
                c.send(("echo", m))
    print("server done")


if __name__ == "__main__":
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "s")
        ready = mp.Event()
        p = Process(target=server, args=(ready, path))
        p.start()
        ready.wait()
        with Client(path, authkey=b"k") as c:
            c.send([1, 2])
            print(c.recv())
        p.join()

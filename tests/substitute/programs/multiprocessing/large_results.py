import hashlib
import multiprocessing as mp


def blob(n):
    return bytes([n % 256]) * 2_000_000


def child(conn):
    conn.send(b"y" * 3_000_000)
    conn.close()


if __name__ == "__main__":
    with mp.Pool(2) as pool:
        for b in pool.imap(blob, range(4)):
            print(len(b), hashlib.md5(b).hexdigest()[:8])
    a, b = mp.Pipe()
    p = mp.Process(target=child, args=(b,))
    p.start()
    print(len(a.recv()))
    p.join()

"""Ping-pong, until the other end is closed."""

from multiprocessing import Pipe, Process


def echo(conn, other):
    other.close()
    n = 0
    while True:
        try:
            message = conn.recv()
        except EOFError:
            break
        conn.send(message.upper())
        n += 1
    conn.close()
    print("echoed", n, flush=True)


if __name__ == "__main__":
    parent, child = Pipe()
    p = Process(target=echo, args=(child, parent))
    p.start()
    child.close()
    for word in ("ping", "pong", "x" * 100000):
        parent.send(word)
        print(len(parent.recv()), flush=True)
    parent.close()
    p.join()
    r, w = Pipe(duplex=False)
    w.send_bytes(b"abc")
    print(r.poll(1), r.recv_bytes(), p.exitcode)

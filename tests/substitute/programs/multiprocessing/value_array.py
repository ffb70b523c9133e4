from ctypes import Structure, c_double
from multiprocessing import Array, Process, RawArray, Value
from multiprocessing.sharedctypes import RawValue


class Point(Structure):
    _fields_ = [("x", c_double), ("y", c_double)]


def modify(n, x, a, pts, raw):
    n.value **= 2
    with x.get_lock():
        x.value **= 2
    for i in range(len(a)):
        a[i] = -a[i]
    for p in pts:
        p.x, p.y = p.x**2, p.y**2
    raw[0] = 7


if __name__ == "__main__":
    n, x, s = Value("i", 7), Value(c_double, 1.5), Array("i", range(5))
    pts = Array(Point, [(1.5, 2), (3, 4)], lock=False)
    raw, rv = RawArray("d", 3), RawValue("i", 4)
    p = Process(target=modify, args=(n, x, s, pts, raw))
    p.start()
    p.join()
    print(n.value, x.value, s[:], [(q.x, q.y) for q in pts], list(raw), rv.value)
    print(Array("c", b"hello").value)

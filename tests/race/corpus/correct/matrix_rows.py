# kind: correct
# Data is only written before the threads start and only read after they were joined.
import sys
import threading


class Matrix:
    def __init__(self, rows):
        self.rows = rows
        self.product = None

    def times(self, other, out, i):
        row = []
        for column in zip(*other.rows, strict=True):
            row.append(sum(a * b for a, b in zip(self.rows[i], column, strict=True)))
        out[i] = row


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    a = Matrix([[i + j for j in range(n)] for i in range(n)])
    b = Matrix([[i - j for j in range(n)] for i in range(n)])
    a.rows[0][0] = 7
    out = [None] * n
    threads = [threading.Thread(target=a.times, args=(b, out, i)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    a.product = out
    b.rows[0][0] = 0
    trace = sum(a.product[i][i] for i in range(n))
    print("trace", trace)
    assert all(len(row) == n for row in a.product)


if __name__ == "__main__":
    main()

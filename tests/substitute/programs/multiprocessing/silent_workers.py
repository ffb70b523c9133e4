"""Workers that capture or drop what they print."""

import contextlib
import io
import multiprocessing as mp
import os
import sys


def mute():
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def quiet(x):
    print("never seen", x)
    return x


def captured(x):
    buf = io.StringIO()
    with contextlib.redirect_stdout(buf):
        print("value", x)
    return buf.getvalue()


if __name__ == "__main__":
    with mp.Pool(2, initializer=mute) as pool:
        print(pool.map(quiet, range(4)))
    with mp.Pool(2) as pool:
        print(pool.map(captured, range(50), chunksize=1) == [f"value {i}\n" for i in range(50)])

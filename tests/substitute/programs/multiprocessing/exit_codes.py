import multiprocessing as mp
import os
import sys


def leave(how):
    if how == "message":
        sys.exit("going")
    if how == "raise":
        raise KeyError("gone")
    if how == "os":
        os._exit(7)
    sys.exit(how)


if __name__ == "__main__":
    for how in (0, 3, None, True, 256, -1, "message", "raise", "os"):
        p = mp.Process(target=leave, args=(how,))
        p.start()
        p.join()
        print(how, p.exitcode, flush=True)
    sys.exit(4)

"""Tasks that raise what usually ends a program."""

import sys
from concurrent.futures import ProcessPoolExecutor


def leave(how):
    if how == "exit":
        sys.exit(4)
    if how == "interrupt":
        raise KeyboardInterrupt("by hand")
    if how == "stop":
        raise StopIteration("enough")
    return how


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        for future in [pool.submit(leave, how) for how in ("exit", "interrupt", "stop", "stay")]:
            error = future.exception()
            print(type(error).__name__, getattr(error, "args", None))
    sys.exit(3)

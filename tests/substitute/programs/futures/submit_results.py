"""Results, exceptions and callbacks of submitted tasks."""

import concurrent.futures


class OwnError(Exception):
    def __init__(self, message, code=0):
        super().__init__(message, code)
        self.code = code


def work(n, *, scale=1):
    if n == 3:
        raise OwnError("three", 33)
    if n == 4:
        raise KeyError("four")
    return n * scale


if __name__ == "__main__":
    called = []
    with concurrent.futures.ProcessPoolExecutor(max_workers=2) as pool:
        futures = [pool.submit(work, n, scale=10) for n in range(6)]
        for future in futures:
            future.add_done_callback(called.append)
        for future in futures:
            error = future.exception()
            if error is None:
                print(future.result(), future.done(), future.cancelled())
            else:
                print(type(error).__name__, error.args, getattr(error, "code", None), future.running())
    print(len(called), {type(f).__name__ for f in called} <= {"Future", "SerialFuture"})

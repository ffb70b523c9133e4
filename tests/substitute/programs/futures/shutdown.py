"""What a pool says after its end."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def square(n):
    return n * n


if __name__ == "__main__":
    for cls in (ProcessPoolExecutor, ThreadPoolExecutor):
        pool = cls(2)
        futures = [pool.submit(square, n) for n in range(5)]
        pool.shutdown()
        pool.shutdown(wait=False)
        print([future.result() for future in futures])
        for late in (pool.submit, pool.map):
            try:
                late(square, [1])
            except RuntimeError as error:
                print(error)
        unused = cls(1)
        unused.shutdown(cancel_futures=True)
    left_open = ProcessPoolExecutor(1)
    print(left_open.submit(square, 5).result())

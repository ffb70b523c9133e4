"""Waiting for several tasks in every way there is."""

from concurrent.futures import ALL_COMPLETED, FIRST_EXCEPTION, ProcessPoolExecutor, as_completed, wait


def square(n):
    return n * n


def fail(n):
    raise RuntimeError(f"no {n}")


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        jobs = {pool.submit(square, n): n for n in range(10)}
        print(sorted((jobs[done], done.result()) for done in as_completed(jobs)))
        done, left = wait([pool.submit(square, n) for n in range(4)], return_when=ALL_COMPLETED)
        print(sorted(f.result() for f in done), left)
        bad = pool.submit(fail, 1)
        done, left = wait([bad], return_when=FIRST_EXCEPTION)
        print(bad in done, bad.exception())

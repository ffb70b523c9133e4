"""apply_async with callbacks, failures going to the error callback."""

import multiprocessing as mp

results, errors = [], []


def job(n):
    if n % 4 == 3:
        raise ValueError(f"job {n} is bad")
    return n * 10


if __name__ == "__main__":
    pool = mp.Pool(2)
    handles = [pool.apply_async(job, (n,), callback=results.append, error_callback=errors.append) for n in range(10)]
    pool.close()
    pool.join()
    print(sorted(results))
    print(sorted(str(e) for e in errors), {type(e).__name__ for e in errors})
    print([h.successful() for h in handles], all(h.ready() for h in handles))
    try:
        handles[3].get()
    except ValueError as e:
        print("caught", e)

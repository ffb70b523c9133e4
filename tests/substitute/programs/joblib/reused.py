"""One Parallel for several calls, results as they come, failures, timeouts not met."""

from joblib import Parallel, delayed


def third_fails(n):
    if n == 3:
        raise ValueError("three")
    return n


if __name__ == "__main__":
    with Parallel(n_jobs=2) as parallel:
        print(parallel(delayed(pow)(n, 2) for n in range(5)))
        print(parallel(delayed(abs)(-n) for n in range(3)))
    print(sum(Parallel(n_jobs=2, return_as="generator")(delayed(pow)(n, 2) for n in range(20))))
    again = Parallel(n_jobs=2, timeout=60)
    for _ in range(2):
        print(again(delayed(abs)(n) for n in (-1, 2)))
    try:
        again(delayed(third_fails)(n) for n in range(6))
    except ValueError as error:
        print("caught", error)
    print(Parallel(n_jobs=2)(delayed(lambda text: text * 2)(c) for c in "ab"))

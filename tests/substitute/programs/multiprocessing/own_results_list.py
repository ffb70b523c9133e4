"""Why is my list empty? A worker's own copy."""

import multiprocessing as mp

results = []


def work(x):
    results.append(x)


if __name__ == "__main__":
    ps = [mp.Process(target=work, args=(i,)) for i in range(3)]
    [p.start() for p in ps]
    [p.join() for p in ps]
    print(results)

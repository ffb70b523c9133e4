"""Arguments changed in place: a worker process changes its own copy."""

import multiprocessing as mp


class Simulation:
    def __init__(self):
        self.results = []
        self.steps = 0

    def step(self, x):
        self.results.append(x)
        self.steps += 1
        return x

    def run(self):
        with mp.Pool(2) as pool:
            pool.map(self.step, range(3))
        print(self.results, self.steps)


def fill(table, key):
    table[key] += key


if __name__ == "__main__":
    Simulation().run()
    table = {1: 0}
    p = mp.Process(target=fill, args=(table, 1))
    p.start()
    p.join()
    print(table)
    shared = mp.Manager().dict({1: 0})
    p = mp.Process(target=fill, args=(shared, 1))
    p.start()
    p.join()
    print(shared)

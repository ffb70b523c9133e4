from multiprocessing import Pool


class Simulation:
    def __init__(self, scale):
        self.scale = scale

    def step(self, x):
        return self.scale * x

    def run(self, n):
        with Pool(2) as pool:
            return pool.map(self.step, range(n))

    @staticmethod
    def helper(x):
        return -x


if __name__ == "__main__":
    s = Simulation(5)
    print(s.run(6))
    with Pool(2) as pool:
        print(pool.map(Simulation.helper, [1, 2]))

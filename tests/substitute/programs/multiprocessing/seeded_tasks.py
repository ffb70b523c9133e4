import multiprocessing as mp
import random


def draw(seed):
    random.seed(seed)
    return [random.randint(0, 99) for _ in range(2000)][-1]


if __name__ == "__main__":
    random.seed(0)
    with mp.Pool(2) as pool:
        print(pool.map(draw, range(8), chunksize=1))
    print(random.randint(0, 99))

"""A task that a process pool cannot take today either; the program copes."""

from concurrent.futures import ProcessPoolExecutor

if __name__ == "__main__":
    with ProcessPoolExecutor(1) as pool:
        try:
            print(pool.submit(lambda: 3).result())
        except Exception:
            print("it cannot")

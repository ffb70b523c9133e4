"""A thread pool whose tasks are independent of each other."""

from concurrent.futures import ThreadPoolExecutor


def length(text):
    return len(text)


if __name__ == "__main__":
    with ThreadPoolExecutor(max_workers=3, thread_name_prefix="io") as pool:
        print(list(pool.map(length, ["a", "bb", "ccc"])))
        print(sorted(pool.submit(length, "x" * n).result() for n in range(5)))

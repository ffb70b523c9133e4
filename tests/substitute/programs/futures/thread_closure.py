"""A thread pool whose tasks are functions inside functions."""

from concurrent.futures import ThreadPoolExecutor


def main():
    seen = []

    def note(n):
        seen.append(n)
        return n

    with ThreadPoolExecutor(2) as pool:
        print(sum(pool.map(note, range(5))))
        print(pool.submit(lambda: 7).result())
    print(sorted(seen))


if __name__ == "__main__":
    main()

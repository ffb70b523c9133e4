"""Results that are larger than any pipe holds, and an argument that many tasks share."""

from concurrent.futures import ProcessPoolExecutor


def repeat(text, times):
    return text * times


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        parts = list(pool.map(repeat, ["ab"] * 4, [300_000] * 4))
    print([len(part) for part in parts], all(part == "ab" * 300_000 for part in parts))

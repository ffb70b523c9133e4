# kind: lost-update
# arguments: --check
# An item of a dict, read with get and stored again.
import argparse
from concurrent.futures import ThreadPoolExecutor

TEXT = """the quick brown fox jumps over the lazy dog the fox is quick and the dog is lazy""".split()


def tally(counts, words):
    for word in words:
        counts[word] = counts.get(word, 0) + 1  # RACE


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", nargs="?", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()

    counts = {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        for _ in range(2):
            pool.submit(tally, counts, TEXT * options.rounds)
    for word, count in sorted(counts.items()):
        print(f"{count:5} {word}")
    if options.check:
        assert sum(counts.values()) == 2 * options.rounds * len(TEXT)


if __name__ == "__main__":
    main()

"""A process pool as one writes it in a class, with bound methods and partials as tasks."""

import functools
from concurrent.futures import ProcessPoolExecutor


class Counter:
    def __init__(self, texts):
        self.texts = texts

    def count(self, word):
        return sum(text.split().count(word) for text in self.texts)

    @staticmethod
    def shout(text):
        return text.upper()

    def run(self):
        with ProcessPoolExecutor(2) as pool:
            print(list(pool.map(self.count, "abc")))
            print(list(pool.map(self.shout, self.texts)))
            print(list(pool.map(functools.partial(str.replace, "a-b-c", "-"), "xyz")))


if __name__ == "__main__":
    Counter(["a b", "b c b", "a"]).run()

"""The words of texts that come from a queue, counted by each thread for itself and added up under a lock."""

import queue
import random
import threading

from running import WORKERS, main

LINES = 40
WORDS = 12


class Count:
    def __init__(self, texts):
        chance = random.Random(2)
        vocabulary = ["".join(chance.choices("abcdefghij", k=chance.randint(2, 9))) for _ in range(2000)]
        self.texts = queue.Queue()
        self.expected = texts * LINES * WORDS
        self.totals = {}
        self.lock = threading.Lock()
        for _ in range(texts):
            lines = [" ".join(chance.choices(vocabulary, k=WORDS)) + "." for _ in range(LINES)]
            self.texts.put("\n".join(lines))
        for _ in range(WORKERS):
            self.texts.put(None)

    def add(self, counts):
        with self.lock:
            for word in counts:
                self.totals[word] = self.totals.get(word, 0) + counts[word]


def words_of(line):
    word = []
    for letter in line:
        if letter.isalpha():
            word.append(letter)
        elif word:
            yield "".join(word)
            word = []
    if word:
        yield "".join(word)


def prepare(size):
    return Count(size)


def work(state, number):
    while True:
        text = state.texts.get()
        if text is None:
            return
        counts = {}
        for line in text.splitlines():
            for word in words_of(line):
                if word in counts:
                    counts[word] += 1
                else:
                    counts[word] = 1
        state.add(counts)


def check(state):
    return sum(state.totals.values()) == state.expected


if __name__ == "__main__":
    main(prepare, work, check)

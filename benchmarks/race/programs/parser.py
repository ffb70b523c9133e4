"""A recursive-descent parser of JSON: attributes and subscripts wherever one looks, and little that is shared."""

import json
import random

from running import WORKERS, main

SPACE = " \t\r\n"
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"'}
NAMES = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}


class Parser:
    def __init__(self, text):
        self.text = text
        self.at = 0
        self.depth = 0
        self.values = 0

    def skip(self):
        while self.at < len(self.text) and self.text[self.at] in SPACE:
            self.at += 1

    def expect(self, letter):
        if self.text[self.at] != letter:
            raise ValueError(f"expected {letter} at {self.at}")
        self.at += 1

    def value(self):
        self.skip()
        self.values += 1
        letter = self.text[self.at]
        if letter == "{":
            return self.object()
        if letter == "[":
            return self.array()
        if letter == '"':
            return self.string()
        if letter in NAMES:
            word, value = NAMES[letter]
            self.at += len(word)
            return value
        return self.number()

    def object(self):
        found = {}
        self.expect("{")
        self.depth += 1
        self.skip()
        while self.text[self.at] != "}":
            self.skip()
            key = self.string()
            self.skip()
            self.expect(":")
            found[key] = self.value()
            self.skip()
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1
        self.depth -= 1
        return found

    def array(self):
        found = []
        self.expect("[")
        self.depth += 1
        self.skip()
        while self.text[self.at] != "]":
            found.append(self.value())
            self.skip()
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1
        self.depth -= 1
        return found

    def string(self):
        self.expect('"')
        parts = []
        while self.text[self.at] != '"':
            letter = self.text[self.at]
            self.at += 1
            if letter == "\\":
                letter = ESCAPES[self.text[self.at]]
                self.at += 1
            parts.append(letter)
        self.at += 1
        return "".join(parts)

    def number(self):
        began = self.at
        while self.at < len(self.text) and self.text[self.at] in "+-.0123456789eE":
            self.at += 1
        word = self.text[began : self.at]
        return int(word) if word.lstrip("-").isdigit() else float(word)


class Documents:
    def __init__(self, count):
        chance = random.Random(3)
        self.values = [made(chance, 3) for _ in range(20)]
        self.texts = [json.dumps(value, indent=1) for value in self.values]
        self.count = count
        self.right = [True] * WORKERS


def made(chance, depth):
    if depth == 0:
        return chance.choice([chance.randint(-1000, 1000), chance.random(), True, None, 'some "text"\n', "name"])
    if chance.random() < 0.5:
        return [made(chance, depth - 1) for _ in range(4)]
    return {f"key {number}": made(chance, depth - 1) for number in range(4)}


def prepare(size):
    return Documents(size)


def work(state, number):
    for index in range(number, state.count, WORKERS):
        which = index % len(state.texts)
        if Parser(state.texts[which]).value() != state.values[which]:
            state.right[number] = False


def check(state):
    return all(state.right)


if __name__ == "__main__":
    main(prepare, work, check)

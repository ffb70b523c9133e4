from . import words


def count(text):
    return words.split(text)

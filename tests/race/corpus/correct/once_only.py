# kind: correct
# A decorator that runs a function once, whoever comes first, and has the others wait for its result.
import functools
import sys
import threading


def once(function):
    lock = threading.Lock()
    done = False
    result = None

    @functools.wraps(function)
    def wrapper():
        nonlocal done, result
        if not done:
            with lock:
                if not done:
                    result = function()
                    done = True
        return result

    return wrapper


calls = []


@once
def dictionary():
    calls.append(threading.current_thread().name)
    words = {}
    for number, word in enumerate(("zero", "one", "two", "three")):
        words[word] = number
    return words


def translate(n, out):
    for _ in range(n):
        out.append(dictionary()["three"])


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    out = []
    threads = [threading.Thread(target=translate, args=(n, out)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(calls), "call")
    assert len(calls) == 1 and out == [3] * (3 * n)


if __name__ == "__main__":
    main()

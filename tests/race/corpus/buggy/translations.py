# kind: publish-before-ready
# also: check-then-act, uncaught-exception
# The global is bound to an empty dict, which is filled afterwards (KeyError in who comes in between).
import sys
import threading

messages = None


def load():
    global messages
    messages = {}  # RACE
    for key, text in (("hello", "bonjour"), ("thanks", "merci"), ("bye", "au revoir")):
        messages[key] = text  # RACE


def translate(key):
    if messages is None:  # RACE
        load()
    return messages[key]  # RACE


def visit(n, said):
    for _ in range(n):
        said.append(translate("hello"))
        said.append(translate("bye"))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    said = []
    threads = [threading.Thread(target=visit, args=(n, said)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(said), "words", sorted(set(said)))


if __name__ == "__main__":
    main()

# kind: harmless
# A global setting is changed while others work by it; they may notice it a little later.
import sys
import threading

level = 1
LEVELS = {"debug": 0, "info": 1, "error": 2}


def log(lines, name, text):
    if LEVELS[name] >= level:
        lines.append(f"{name}: {text}")


def set_level(name):
    global level
    level = LEVELS[name]


def work(lines, n):
    for i in range(n):
        log(lines, "error" if i % 5 == 0 else "debug", f"step {i}")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    lines = [[], []]
    threads = [threading.Thread(target=work, args=(out, n)) for out in lines]
    for t in threads:
        t.start()
    set_level("error")
    for t in threads:
        t.join()
    print([sum(line.startswith("error") for line in out) for out in lines])


if __name__ == "__main__":
    main()

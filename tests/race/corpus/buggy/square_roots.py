# kind: changed-after-submit
# arguments: --check
# The lambda looks the loop's variable up when it runs, not when it is made.
import sys
import threading
import time


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 6
    roots = []
    threads = []
    for number in range(n):  # RACE
        thread = threading.Thread(target=lambda: roots.append((number, number**0.5)))  # RACE
        thread.start()
        threads.append(thread)
        time.sleep(0.001)
    for thread in threads:
        thread.join()
    for number, root in sorted(roots):
        print(f"{number} {root:.3f}")
    if "--check" in sys.argv:
        assert sorted(number for number, _ in roots) == list(range(n))


if __name__ == "__main__":
    main()

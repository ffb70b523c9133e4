# kind: shared-iterator
# arguments: --check
# Two threads take from one list iterator: without the GIL both may get the same item.
import sys
import threading


def is_prime(n):
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))


def search(candidates, found):
    for candidate in candidates:  # RACE
        if is_prime(candidate):
            found.append(candidate)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 20
    numbers = list(range(n))
    candidates = iter(numbers)
    found = []
    threads = [threading.Thread(target=search, args=(candidates, found)) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    found.sort()
    print(len(found), "primes below", n)
    if "--check" in sys.argv:
        assert found == sorted(set(found)) == [i for i in numbers if is_prime(i)]


if __name__ == "__main__":
    main()

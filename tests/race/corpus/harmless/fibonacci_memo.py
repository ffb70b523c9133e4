# kind: harmless
# A memo of a pure function of numbers: two threads may compute the same value twice.
import sys
from concurrent.futures import ThreadPoolExecutor

memo = {0: 0, 1: 1}


def fibonacci(n):
    if n not in memo:
        memo[n] = fibonacci(n - 1) + fibonacci(n - 2)
    return memo[n]


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with ThreadPoolExecutor(max_workers=3) as pool:
        numbers = list(pool.map(fibonacci, [n, n // 2, n - 1, n]))
    print(numbers)


if __name__ == "__main__":
    main()

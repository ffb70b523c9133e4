# kind: check-then-act
# arguments: --check
# A rate limiter's tokens: more calls pass than there were tokens.
import sys
from concurrent.futures import ThreadPoolExecutor


class Limiter:
    def __init__(self, tokens):
        self.tokens = tokens

    def allow(self):
        if self.tokens <= 0:  # RACE
            return False
        self.tokens -= 1  # RACE
        return True


def call(limiter, times):
    return sum(limiter.allow() for _ in range(times))


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 6
    limiter = Limiter(tokens=n)
    with ThreadPoolExecutor(max_workers=3) as pool:
        passed = sum(pool.map(call, [limiter] * 3, [n] * 3))
    print(passed, "calls passed")
    if "--check" in sys.argv:
        assert passed == n, f"{passed} of {n}"


if __name__ == "__main__":
    main()

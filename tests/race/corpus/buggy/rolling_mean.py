# kind: lost-update
# arguments: --check
# Two closure cells, rebound by nonlocal.
import sys
import threading


def make_mean():
    total = 0
    count = 0

    def add(value):
        nonlocal total, count
        total += value  # RACE
        count += 1  # RACE

    def mean():
        return total / count if count else 0.0

    return add, mean


def read_sensor(add, samples):
    for sample in samples:
        add(sample)


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 12
    add, mean = make_mean()
    cold = threading.Thread(target=read_sensor, args=(add, [10] * n))
    warm = threading.Thread(target=read_sensor, args=(add, [30] * n))
    cold.start()
    warm.start()
    cold.join()
    warm.join()
    print(f"mean {mean():.3f}")
    if "--check" in sys.argv:
        assert mean() == 20.0, mean()


if __name__ == "__main__":
    main()

# kind: check-then-act
# also: lost-update
# arguments: --check
# The highest value so far: compared, then stored.
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


@dataclass
class Gauge:
    name: str
    peak: int = 0
    samples: list[int] = field(default_factory=list)

    def observe(self, value: int) -> None:
        self.samples.append(value)
        if value > self.peak:  # RACE
            self.peak = value  # RACE


def main(n: int, check: bool) -> None:
    gauges = [Gauge(f"disk-{i}") for i in range(n)]
    with ThreadPoolExecutor(4) as pool:
        for gauge in gauges:
            for value in (1, 3, 2, 4):
                pool.submit(gauge.observe, value)
    for gauge in gauges:
        print(gauge.name, gauge.peak)
    if check:
        assert all(gauge.peak == max(gauge.samples) for gauge in gauges)


if __name__ == "__main__":
    rest = [a for a in sys.argv[1:] if a != "--check"]
    main(int(rest[0]) if rest else 3, check="--check" in sys.argv)

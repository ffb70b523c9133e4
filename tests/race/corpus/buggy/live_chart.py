# kind: lost-update
# arguments: --check
# A thread and the event loop's own callbacks both move the same chart on.
import asyncio
import sys
import threading


class Chart:
    def __init__(self):
        self.position = 0
        self.points = {}

    def plot(self, value):
        self.position += 1  # RACE
        self.points[self.position] = value  # RACE


def sensor(chart, n):
    for value in range(n):
        chart.plot(value)


async def user(chart, n):
    for value in range(n):
        chart.plot(-value)
        await asyncio.sleep(0)


async def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 8
    chart = Chart()
    thread = threading.Thread(target=sensor, args=(chart, n))
    thread.start()
    await user(chart, n)
    await asyncio.to_thread(thread.join)
    print(len(chart.points), "points")
    if "--check" in sys.argv:
        assert len(chart.points) == 2 * n


if __name__ == "__main__":
    asyncio.run(main())

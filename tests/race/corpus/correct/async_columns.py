# kind: correct
# asyncio.to_thread on separate columns; the event loop's own thread is the only one that adds them up.
import asyncio
import sys


def normalise(column):
    most = max(column)
    for i, value in enumerate(column):
        column[i] = value / most
    return column


async def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    table = {name: [i * scale + 1 for i in range(n)] for scale, name in enumerate(("a", "b", "c"))}
    done = 0

    async def handle(name):
        nonlocal done
        column = await asyncio.to_thread(normalise, table[name])
        done += 1
        return column[-1]

    last = await asyncio.gather(*map(handle, table))
    print(done, last)
    assert done == 3 and last == [1.0, 1.0, 1.0]


asyncio.run(main())

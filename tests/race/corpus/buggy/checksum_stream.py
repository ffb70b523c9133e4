# kind: changed-after-submit
# arguments: --check
# A bytearray is refilled while the thread that sums it up may be at it still.
import asyncio
import sys
import time


def checksum(buffer, sums, place):
    sums[place] = sum(buffer)  # RACE


def fill(buffer, value):
    for i in range(len(buffer)):
        buffer[i] = value  # RACE
    time.sleep(0.001)


async def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 5
    buffer = bytearray(8)
    sums = [0] * n
    tasks = []
    for value in range(n):
        await asyncio.to_thread(fill, buffer, value)
        tasks.append(asyncio.create_task(asyncio.to_thread(checksum, buffer, sums, value)))  # RACE
        await asyncio.sleep(0.001)
    await asyncio.gather(*tasks)
    print(sums)
    if "--check" in sys.argv:
        assert sums == [8 * value for value in range(n)], sums


asyncio.run(main())

# kind: lost-update
# arguments: --check
# asyncio hands the chunks to threads, which all count into one dict.
import asyncio
import sys


def load(chunk, stats):
    for line in chunk:
        fields = line.split(",")
        stats["rows"] += 1  # RACE
        stats["amount"] += int(fields[1])  # RACE


async def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    stats = {"rows": 0, "amount": 0}
    chunks = [[f"item-{i},{i}" for i in range(n)] for _ in range(3)]
    await asyncio.gather(*(asyncio.to_thread(load, chunk, stats) for chunk in chunks))
    print(stats)
    if "--check" in sys.argv:
        assert stats == {"rows": 3 * n, "amount": 3 * sum(range(n))}, stats


asyncio.run(main())

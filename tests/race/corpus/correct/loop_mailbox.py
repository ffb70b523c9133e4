# kind: correct
# Threads never touch the loop's data: they send it over by call_soon_threadsafe and run_coroutine_threadsafe.
import asyncio
import sys
import threading


class Totals:
    def __init__(self):
        self.messages = 0
        self.by_sender = {}
        self.complete = asyncio.Event()
        self.expected = 0

    def add(self, sender):
        self.messages += 1
        self.by_sender[sender] = self.by_sender.get(sender, 0) + 1
        if self.messages == self.expected:
            self.complete.set()

    async def ask(self):
        return self.messages


def send(loop, totals, sender, n):
    for _ in range(n):
        loop.call_soon_threadsafe(totals.add, sender)
    assert asyncio.run_coroutine_threadsafe(totals.ask(), loop).result() >= n


async def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    totals = Totals()
    totals.expected = 3 * n
    loop = asyncio.get_running_loop()
    threads = [threading.Thread(target=send, args=(loop, totals, name, n)) for name in ("a", "b", "a")]
    for t in threads:
        t.start()
    await totals.complete.wait()
    for t in threads:
        await asyncio.to_thread(t.join)
    print(sorted(totals.by_sender.items()))
    assert totals.by_sender == {"a": 2 * n, "b": n}


asyncio.run(main())

"""Pools behind an event loop: one of the program's own, and the loop's."""

import asyncio
import threading
from concurrent.futures import ProcessPoolExecutor


def square(n):
    return n * n


async def main():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as pool:
        print(await asyncio.gather(*(loop.run_in_executor(pool, square, n) for n in range(5))))
    print(await loop.run_in_executor(None, square, 7))
    print(await asyncio.to_thread(lambda: threading.current_thread() is threading.main_thread()))
    try:
        with ProcessPoolExecutor(1) as pool:
            await loop.run_in_executor(pool, divmod, 1, 0)
    except ZeroDivisionError as error:
        print(type(error).__name__)


if __name__ == "__main__":
    asyncio.run(main())

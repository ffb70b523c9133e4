# kind: deadlock
# also: hang
# Tasks of a pool wait for tasks they gave to the same pool: with all workers waiting, none is left.
import sys
import time
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(max_workers=2)


def render_part(page, part):
    return f"<{part}>{page}</{part}>"


def render(page):
    parts = [pool.submit(render_part, page, part) for part in ("header", "main")]
    return "".join(part.result() for part in parts)  # RACE


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    pages = []
    for i in range(n):
        pages.append(pool.submit(render, f"page {i}"))
        time.sleep(0.004)
    size = sum(len(page.result()) for page in pages)
    pool.shutdown()
    print(len(pages), "pages,", size, "characters")


if __name__ == "__main__":
    main()

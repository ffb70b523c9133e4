# kind: correct
# as_completed and wait: results are merged by one thread as they come.
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, as_completed, wait


def fetch(mirror, page):
    return {"mirror": mirror, "page": page, "size": 10 * page}


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    sizes = {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = {pool.submit(fetch, "eu", page): page for page in range(n)}
        for future in as_completed(futures):
            answer = future.result()
            answer["seen"] = True
            sizes[futures[future]] = answer["size"]
        pending = {pool.submit(fetch, "us", page) for page in range(n)}
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in finished:
                sizes[future.result()["page"]] += future.result()["size"]
    print(sum(sizes.values()), "bytes")
    assert sizes == {page: 20 * page for page in range(n)}


if __name__ == "__main__":
    main()

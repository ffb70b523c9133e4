# kind: lost-update
# arguments: --check
# The state of a default argument is counted up without a lock.
import sys
import threading


def remember(url, state={"calls": 0, "bytes": 0}):
    calls = state["calls"]  # RACE
    size = state["bytes"] + len(url)  # RACE
    state["calls"] = calls + 1  # RACE
    state["bytes"] = size  # RACE
    return state


def crawl(site, n):
    for page in range(n):
        remember(f"https://{site}.example.org/{page:04d}")


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 12
    threads = [threading.Thread(target=crawl, args=(site, n)) for site in ("news", "shop", "wiki")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    state = remember("")
    print(state["calls"] - 1, "urls,", state["bytes"], "bytes")
    if "--check" in sys.argv:
        assert state["calls"] == 3 * n + 1
        assert state["bytes"] == 3 * n * 29, state


if __name__ == "__main__":
    main()

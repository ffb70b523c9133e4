# kind: shared-iterator
# A generator expression over a log is divided among the workers by letting all of them loop over it.
import sys
from concurrent.futures import ThreadPoolExecutor

LOG = """\
10.0.0.1 GET /index.html 200
10.0.0.2 GET /missing 404
10.0.0.1 POST /login 302
10.0.0.3 GET /index.html 200
"""


def parse(line):
    host, method, path, status = line.split()
    return host, method, path, int(status)


def collect(records):
    failed = []
    for record in records:  # RACE
        if record[3] >= 400:
            failed.append(record)
    return failed


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    records = (parse(line) for line in LOG.splitlines() * n)
    with ThreadPoolExecutor(max_workers=2) as pool:
        parts = list(pool.map(collect, [records, records]))
    print(sum(map(len, parts)), "failed requests")


if __name__ == "__main__":
    main()

# kind: correct
# A task makes a mutable object; who has the result of the future goes on changing it.
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


@dataclass
class Report:
    title: str
    lines: list[str] = field(default_factory=list)
    pages: int = 0


def write(number):
    report = Report(f"report {number}")
    for i in range(5):
        report.lines.append(f"line {i}")
        report.pages = len(report.lines) // 2
    return report


def sign(future):
    report = future.result()
    report.lines.append("signed")
    report.pages += 1
    return report


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    with ThreadPoolExecutor(max_workers=3) as pool:
        drafts = [pool.submit(write, i) for i in range(n)]
        signed = [pool.submit(sign, draft) for draft in drafts]
        reports = [future.result() for future in signed]
    for report in reports:
        report.title = report.title.upper()
        assert len(report.lines) == 6 and report.pages == 3
    print([report.title for report in reports])


if __name__ == "__main__":
    main()

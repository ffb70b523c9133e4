# kind: lost-update
# arguments: --check
# A Thread subclass keeps its totals in the class.
import sys
import threading


class Crawler(threading.Thread):
    pages = 0
    errors = 0

    def __init__(self, site, n):
        super().__init__(name=site)
        self.n = n
        self.own = 0

    def run(self):
        for page in range(self.n):
            if page % 5 == 4:
                type(self).errors += 1  # RACE
            Crawler.pages += 1  # RACE
            self.own += 1


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 15
    crawlers = [Crawler(site, n) for site in ("a.example.org", "b.example.org")]
    for crawler in crawlers:
        crawler.start()
    for crawler in crawlers:
        crawler.join()
    print("pages:", Crawler.pages, "errors:", Crawler.errors)
    if "--check" in sys.argv:
        assert Crawler.pages == sum(crawler.own for crawler in crawlers)
        assert Crawler.errors == 2 * (n // 5)


if __name__ == "__main__":
    main()

# kind: correct
# Tasks wait for tasks, but those are in another pool.
import sys
from concurrent.futures import ThreadPoolExecutor


def tile(x, y):
    return [(x * 8 + i, y) for i in range(3)]


def row(tiles, y):
    futures = [tiles.submit(tile, x, y) for x in range(3)]
    pixels = []
    for future in futures:
        pixels.extend(future.result())
    with ThreadPoolExecutor(max_workers=1) as own:
        own.submit(pixels.sort).result()
    return pixels


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    image = {}
    with ThreadPoolExecutor(max_workers=2) as tiles, ThreadPoolExecutor(max_workers=2) as rows:
        for y, pixels in enumerate(rows.map(row, [tiles] * n, range(n))):
            image[y] = pixels
    print(sum(map(len, image.values())), "pixels")
    assert all(image[y] == sorted(image[y]) and len(image[y]) == 9 for y in range(n))


if __name__ == "__main__":
    main()

# kind: lost-update
# Workers of a pool count into rows of one nested list.
import sys
from concurrent.futures import ThreadPoolExecutor, wait

CHANNELS, BINS = 3, 4


def count(histogram, pixels):
    for pixel in pixels:
        for channel in range(CHANNELS):
            histogram[channel][pixel[channel] * BINS // 256] += 1  # RACE


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    image = [(i * 31 % 256, i * 7 % 256, 255 - i % 256) for i in range(4 * n)]
    histogram = [[0] * BINS for _ in range(CHANNELS)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        wait([pool.submit(count, histogram, image[part::4]) for part in range(4)])
    for name, row in zip("RGB", histogram, strict=True):
        print(name, *row)


if __name__ == "__main__":
    main()

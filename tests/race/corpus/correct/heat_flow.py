# kind: correct
# Phases between barriers: all read one buffer and write the other, each thread its own cells.
import sys
import threading

WIDTH, WORKERS = 12, 3


def flow(part, buffers, steps, barrier):
    cells = range(part * WIDTH // WORKERS, (part + 1) * WIDTH // WORKERS)
    for step in range(steps):
        old, new = buffers[step % 2], buffers[1 - step % 2]
        for i in cells:
            left = old[i - 1] if i > 0 else old[i]
            right = old[i + 1] if i < WIDTH - 1 else old[i]
            new[i] = (left + 2 * old[i] + right) / 4
        barrier.wait()


def run(workers, steps):
    buffers = [[0.0] * WIDTH, [0.0] * WIDTH]
    buffers[0][3] = 64.0
    if workers == 1:
        barrier = threading.Barrier(1)
        for step in range(steps):
            pair = [buffers[step % 2], buffers[1 - step % 2]]
            for part in range(WORKERS):
                flow(part, pair, 1, barrier)
        return buffers[steps % 2]
    barrier = threading.Barrier(WORKERS)
    threads = [threading.Thread(target=flow, args=(part, buffers, steps, barrier)) for part in range(WORKERS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return buffers[steps % 2]


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    assert run(WORKERS, n) == run(1, n)
    print(n, "steps")

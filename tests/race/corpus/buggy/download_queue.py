# kind: check-then-act
# also: hang, deadlock
# `while not queue.empty(): queue.get()` with two workers: the one that comes too late for the last waits for ever.
import queue
import sys
import threading


def work(jobs, done):
    while not jobs.empty():  # RACE
        job = jobs.get()  # RACE
        done.append(job * job)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    jobs, done = queue.Queue(), []
    for job in range(n):
        jobs.put(job)
    workers = [threading.Thread(target=work, args=(jobs, done)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(sum(done))


if __name__ == "__main__":
    main()

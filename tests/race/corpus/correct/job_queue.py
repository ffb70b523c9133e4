# kind: correct
# Mutable jobs are handed over through a Queue, and back through another: one owner at a time, no lock.
import queue
import sys
import threading


class Job:
    def __init__(self, number):
        self.number = number
        self.steps = 0
        self.log = []


def work(todo, done):
    while (job := todo.get()) is not None:
        job.steps += 1
        job.log.append(f"step {job.steps}")
        done.put(job)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    todo, done = queue.Queue(), queue.Queue()
    workers = [threading.Thread(target=work, args=(todo, done)) for _ in range(2)]
    for w in workers:
        w.start()
    for i in range(n):
        job = Job(i)
        job.log.append("made")
        todo.put(job)
    finished = 0
    while finished < n:
        job = done.get()
        if job.steps < 3:
            job.log.append("again")
            todo.put(job)
        else:
            assert len(job.log) == 1 + 3 + 2
            finished += 1
    for _ in workers:
        todo.put(None)
    for w in workers:
        w.join()
    print(finished, "jobs")


if __name__ == "__main__":
    main()

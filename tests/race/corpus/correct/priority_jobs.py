# kind: correct
# A PriorityQueue with task_done and join, served by daemon threads.
import queue
import sys
import threading


class Job:
    def __init__(self, name):
        self.name = name
        self.state = "waiting"
        self.tries = 0


def work(jobs):
    while True:
        priority, number, job = jobs.get()
        try:
            job.state = "running"
            job.tries += 1
            if job.tries < 2:
                jobs.put((priority + 1, number, job))
            else:
                job.state = "done"
        finally:
            del job
            jobs.task_done()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    jobs = queue.PriorityQueue()
    for _ in range(2):
        threading.Thread(target=work, args=(jobs,), daemon=True).start()
    all_jobs = [Job(f"job {i}") for i in range(n)]
    for number, job in enumerate(all_jobs):
        jobs.put((number % 3, number, job))
    jobs.join()
    assert all(job.state == "done" and job.tries == 2 for job in all_jobs)
    print(n, "jobs")


if __name__ == "__main__":
    main()

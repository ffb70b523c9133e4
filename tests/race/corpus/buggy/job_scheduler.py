# kind: check-then-act
# arguments: --check
# Two workers see the same job as waiting and both run it.
import enum
import sys
import threading
from dataclasses import dataclass


class State(enum.Enum):
    WAITING = 1
    RUNNING = 2
    DONE = 3


@dataclass
class Job:
    name: str
    state: State = State.WAITING


class Scheduler:
    def __init__(self, jobs):
        self.jobs = jobs
        self.runs = []

    def next_job(self):
        for job in self.jobs:
            if job.state is State.WAITING:  # RACE
                job.state = State.RUNNING  # RACE
                return job
        return None

    def work(self):
        while (job := self.next_job()) is not None:
            self.runs.append(job.name)
            job.state = State.DONE


def main():
    args = [a for a in sys.argv[1:] if a != "--check"]
    n = int(args[0]) if args else 10
    scheduler = Scheduler([Job(f"job-{i}") for i in range(n)])
    workers = [threading.Thread(target=scheduler.work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(len(scheduler.runs), "runs of", n, "jobs")
    if "--check" in sys.argv:
        assert len(scheduler.runs) == n


if __name__ == "__main__":
    main()

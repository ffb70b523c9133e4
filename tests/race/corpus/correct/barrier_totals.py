# kind: correct
# The barrier's action runs in one thread while all others wait: it may use what they wrote.
import sys
import threading


class Election:
    def __init__(self, districts):
        self.votes = [0] * districts
        self.rounds = []
        self.barrier = threading.Barrier(districts, action=self.announce)

    def announce(self):
        self.rounds.append(sum(self.votes))
        for i in range(len(self.votes)):
            self.votes[i] = 0

    def count(self, district, rounds):
        for round_ in range(rounds):
            for _ in range(district + round_):
                self.votes[district] += 1
            self.barrier.wait()
            assert len(self.rounds) > round_


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    election = Election(3)
    threads = [threading.Thread(target=election.count, args=(district, n)) for district in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(election.rounds)
    assert election.rounds == [3 + 3 * i for i in range(n)]


if __name__ == "__main__":
    main()

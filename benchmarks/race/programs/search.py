"""Breadth-first search of a graph, level by level: both threads expand a half, then write what they found in turn."""

import random
import threading

from running import WORKERS, main

NODES = 5000
NEIGHBOURS = 4


class Search:
    def __init__(self, searches):
        chance = random.Random(4)
        self.neighbours = [
            [(node + 1) % NODES, *(chance.randrange(NODES) for _ in range(NEIGHBOURS - 1))] for node in range(NODES)
        ]
        self.starts = [chance.randrange(NODES) for _ in range(searches)]
        self.reached = []
        self.lock = threading.Lock()
        self.barrier = threading.Barrier(WORKERS)

    def begin(self, start):
        self.level = [-1] * NODES
        self.level[start] = 0
        self.frontier = [start]
        self.following = []
        self.count = 1

    def expanded(self, number):
        found = []
        for node in self.frontier[number::WORKERS]:
            for neighbour in self.neighbours[node]:
                if self.level[neighbour] < 0:
                    found.append(neighbour)
        return found

    def settle(self, found, depth):
        with self.lock:
            for node in found:
                if self.level[node] < 0:
                    self.level[node] = depth
                    self.count += 1
                    self.following.append(node)

    def advance(self):
        self.frontier, self.following = self.following, []
        if not self.frontier:
            self.reached.append(self.count)


def prepare(size):
    return Search(size)


def work(state, number):
    for start in state.starts:
        if number == 0:
            state.begin(start)
        state.barrier.wait()
        depth = 0
        while state.frontier:
            depth += 1
            found = state.expanded(number)
            state.barrier.wait()
            state.settle(found, depth)
            state.barrier.wait()
            if number == 0:
                state.advance()
            state.barrier.wait()
        state.barrier.wait()


def check(state):
    return state.reached == [NODES] * len(state.starts)


if __name__ == "__main__":
    main(prepare, work, check)

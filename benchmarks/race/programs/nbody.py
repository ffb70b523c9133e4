"""Bodies that attract each other: objects that both threads read, half of which each one moves, and a barrier."""

import random
import threading

from running import WORKERS, main

BODIES = 24
STEP = 0.001


class Body:
    def __init__(self, chance):
        self.x, self.y, self.z = (chance.uniform(-1, 1) for _ in range(3))
        self.vx = self.vy = self.vz = 0.0
        self.mass = chance.uniform(0.1, 1)


class System:
    def __init__(self, steps):
        chance = random.Random(1)
        self.bodies = [Body(chance) for _ in range(BODIES)]
        self.steps = steps
        self.moved = [0] * WORKERS
        self.barrier = threading.Barrier(WORKERS)

    def pull(self, body):
        for other in self.bodies:
            if other is not body:
                dx = other.x - body.x
                dy = other.y - body.y
                dz = other.z - body.z
                force = other.mass / (dx * dx + dy * dy + dz * dz + 0.01) ** 1.5 * STEP
                body.vx += dx * force
                body.vy += dy * force
                body.vz += dz * force


def prepare(size):
    return System(size)


def work(state, number):
    mine = state.bodies[number::WORKERS]
    for _ in range(state.steps):
        for body in mine:
            state.pull(body)
        state.barrier.wait()
        for body in mine:
            body.x += body.vx * STEP
            body.y += body.vy * STEP
            body.z += body.vz * STEP
        state.moved[number] += 1
        state.barrier.wait()


def check(state):
    momentum = sum(body.vx * body.mass for body in state.bodies)
    return abs(momentum) < 1e-6 and state.moved == [state.steps] * WORKERS


if __name__ == "__main__":
    main(prepare, work, check)

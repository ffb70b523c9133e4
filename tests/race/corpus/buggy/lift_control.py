# kind: lock-order-inversion
# also: deadlock
# Three locks taken in a ring: door then motor, motor then brake, brake then door.
import sys
from threading import Lock, Thread

door, motor, brake = Lock(), Lock(), Lock()
moves = []


def close_door():
    with door:  # RACE
        moves.append("closing")
        with motor:  # RACE
            moves.append("closed")


def go_up():
    with motor:  # RACE
        moves.append("starting")
        with brake:  # RACE
            moves.append("moving")


def stop():
    brake.acquire()  # RACE
    try:
        moves.append("braking")
        with door:  # RACE
            moves.append("stopped")
    finally:
        brake.release()


def repeat(action, n):
    for _ in range(n):
        action()


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    threads = [Thread(target=repeat, args=(action, n), name=action.__name__) for action in (close_door, go_up, stop)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(moves), "moves")

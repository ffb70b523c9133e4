# kind: correct
# Timers that are cancelled or joined before what they write is read.
import sys
import threading


class Alarm:
    def __init__(self):
        self.rung = []

    def ring(self, name):
        self.rung.append(name)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    alarm = Alarm()
    soon = [threading.Timer(0.001, alarm.ring, args=(f"soon {i}",)) for i in range(n)]
    late = [threading.Timer(60, alarm.ring, kwargs={"name": f"late {i}"}) for i in range(n)]
    for timer in soon + late:
        timer.start()
    for timer in late:
        timer.cancel()
    for timer in soon + late:
        timer.join()
    print(len(alarm.rung), "alarms")
    assert sorted(alarm.rung) == sorted(f"soon {i}" for i in range(n))


if __name__ == "__main__":
    main()

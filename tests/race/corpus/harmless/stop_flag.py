# kind: harmless
# A plain attribute as a stop flag.
import sys
import threading
import time


class Ticker:
    def __init__(self):
        self.running = True
        self.ticks = []

    def run(self):
        while self.running:
            self.ticks.append(len(self.ticks))
            time.sleep(0.001)

    def stop(self):
        self.running = False


n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
ticker = Ticker()
thread = threading.Thread(target=ticker.run)
thread.start()
time.sleep(0.001 * n)
ticker.stop()
thread.join()
print("stopped", ticker.ticks == list(range(len(ticker.ticks))))

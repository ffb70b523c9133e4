import multiprocessing


class Worker(multiprocessing.Process):
    def __init__(self, n, out):
        super().__init__(name=f"worker-{n}")
        self.n, self.out = n, out
        self.result = None

    def run(self):
        self.result = self.n * 2
        self.out.put((self.name, self.result, multiprocessing.current_process().name))


if __name__ == "__main__":
    q = multiprocessing.Queue()
    ws = [Worker(i, q) for i in range(3)]
    for w in ws:
        print(w.is_alive(), w.exitcode, w.pid)
        w.start()
    got = sorted(q.get() for _ in ws)
    for w in ws:
        w.join()
        print(w.is_alive(), w.exitcode, w.result, w.pid is not None)
    print(got)
    try:
        ws[0].start()
    except AssertionError as e:
        print(e)
    ws[0].close()
    try:
        ws[0].is_alive()
    except ValueError as e:
        print(e)

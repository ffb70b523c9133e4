# kind: correct
# A Future made by hand as a promise: whoever gets its result owns what was written before.
import sys
import threading
from concurrent.futures import Future


class Answer:
    def __init__(self):
        self.text = ""
        self.words = []


def think(question, promise):
    answer = Answer()
    for word in question.split():
        answer.words.append(word.upper())
        answer.text += word[0]
    promise.set_result(answer)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    called, promises = [], []
    for i in range(n):
        promise = Future()
        promise.add_done_callback(lambda done: called.append(done.result().text))
        threading.Thread(target=think, args=(f"what is question number {i}", promise)).start()
        promises.append(promise)
    for promise in promises:
        answer = promise.result()
        answer.text += "!"
        answer.words.reverse()
        assert len(answer.words) == 5 and len(answer.text) == 6
    for t in threading.enumerate():
        if t is not threading.main_thread():
            t.join()
    print(len(called), "answers")


if __name__ == "__main__":
    main()

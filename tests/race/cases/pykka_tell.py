# package: pykka==4.5.0
# reported in: frontrun's case studies, docs/CASE_STUDIES.rst of github.com/lucaswiman/frontrun, 10
# line: pykka/_ref.py: self.actor_inbox.put(Envelope(message))
"""An actor that is told something while another thread stops it."""

import threading

import pykka


class Counter(pykka.ThreadingActor):
    def on_receive(self, message: object) -> None:
        print(message)


def tell() -> None:
    try:
        counter.tell("one more")
    except pykka.ActorDeadError:
        print("too late")


counter = Counter.start()
teller = threading.Thread(target=tell)
teller.start()
counter.stop()
teller.join()

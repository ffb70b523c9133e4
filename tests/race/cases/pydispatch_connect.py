# package: PyDispatcher==2.0.7
# reported in: frontrun's case studies, docs/CASE_STUDIES.rst of github.com/lucaswiman/frontrun, 4
# line: pydispatch/dispatcher.py: receivers = signals[signal] = []
"""Two plug-ins, each started in a thread, register for the same event."""

import threading

from pydispatch import dispatcher

EVENT = "saved"
received = []


class Plugin:
    def start(self) -> None:
        dispatcher.connect(self.saved, signal=EVENT, sender=dispatcher.Any)

    def saved(self, sender: object) -> None:
        received.append(self)


plugins = [Plugin(), Plugin()]
threads = [threading.Thread(target=plugin.start) for plugin in plugins]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
dispatcher.send(signal=EVENT, sender=None)
print(len(received), "heard of it")

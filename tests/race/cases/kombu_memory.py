# package: kombu==5.7.0
# kombu's in-memory transport loses first messages: check-then-act on the class's table of queues
# line: kombu/transport/memory.py: self.queues[queue] = Queue()
"""Two producers, each with a connection of its own, publish to a queue that nobody has declared yet."""

import threading

from kombu import Connection


def publish(number: int) -> None:
    with Connection("memory://") as connection:
        queue = connection.SimpleQueue("jobs")
        queue.put({"job": number})


producers = [threading.Thread(target=publish, args=(number,)) for number in range(2)]
for producer in producers:
    producer.start()
for producer in producers:
    producer.join()

with Connection("memory://") as connection:
    print(connection.SimpleQueue("jobs").qsize(), "jobs wait")

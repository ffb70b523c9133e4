# kind: correct
# Each thread counts in its own slot of one list; the slots are added up after join.
import sys
import threading

THREADS = 3


def count(slots, me, text):
    for letter in text:
        if letter in "aeiou":
            slots[me] += 1


n = int(sys.argv[1]) if len(sys.argv) > 1 else 3
text = "each thread writes to a place of its own in the list " * n
slots = [0] * THREADS
threads = [threading.Thread(target=count, args=(slots, i, text)) for i in range(THREADS)]
for t in threads:
    t.start()
for t in threads:
    t.join()
total = sum(slots)
print(total, "vowels")
assert total == THREADS * sum(text.count(vowel) for vowel in "aeiou")

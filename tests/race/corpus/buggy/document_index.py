# kind: lock-order-inversion
# also: deadlock
# The store calls the index and the index calls the store, each under its own lock.
import sys
import threading


class Store:
    def __init__(self):
        self.lock = threading.Lock()
        self.documents = {}
        self.index = None

    def save(self, key, text):
        with self.lock:  # RACE
            self.documents[key] = text
            self.index.add(key, text)  # RACE

    def text(self, key):
        with self.lock:  # RACE
            return self.documents.get(key, "")


class Index:
    def __init__(self, store):
        self.lock = threading.Lock()
        self.keys = {}
        self.store = store

    def add(self, key, text):
        with self.lock:  # RACE
            for word in text.split():
                self.keys[word] = key

    def find(self, word):
        with self.lock:  # RACE
            key = self.keys.get(word)
            return self.store.text(key)  # RACE


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    store = Store()
    store.index = Index(store)
    writer = threading.Thread(target=lambda: [store.save(i, f"page {i}") for i in range(n)])
    reader = threading.Thread(target=lambda: [store.index.find("page") for _ in range(n)])
    writer.start()
    reader.start()
    writer.join()
    reader.join()
    print(len(store.documents), "documents")


if __name__ == "__main__":
    main()

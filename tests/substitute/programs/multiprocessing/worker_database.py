"""Each worker has a connection of its own."""

import multiprocessing as mp
import os
import sqlite3
import tempfile

connection = None


def connect(path):
    global connection
    connection = sqlite3.connect(path)


def look_up(key):
    return connection.execute("select value from squares where key = ?", (key,)).fetchone()[0]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "squares.db")
        with sqlite3.connect(path) as db:
            db.execute("create table squares (key, value)")
            db.executemany("insert into squares values (?, ?)", [(i, i * i) for i in range(10)])
        with mp.Pool(2, connect, (path,)) as pool:
            print(pool.map(look_up, range(10), chunksize=1))

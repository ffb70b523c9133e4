# package: urllib3==2.8.0
# reported in: frontrun's case studies, docs/CASE_STUDIES.rst of github.com/lucaswiman/frontrun, 7
# line: urllib3/connectionpool.py: self.num_connections += 1
"""Two threads fetch from one host over one pool of connections."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *about: object) -> None:
        pass


def fetch() -> None:
    pool.request("GET", "/")


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with urllib3.HTTPConnectionPool("127.0.0.1", server.server_port, maxsize=2) as pool:
    fetchers = [threading.Thread(target=fetch) for _ in range(2)]
    for fetcher in fetchers:
        fetcher.start()
    for fetcher in fetchers:
        fetcher.join()
    print(pool.num_connections, "connections")
server.shutdown()
server.server_close()

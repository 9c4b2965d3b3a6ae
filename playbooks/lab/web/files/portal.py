"""A front end of the staging lab: answers to anybody who it is and that it is well. Arguments: address, port, name."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Portal(BaseHTTPRequestHandler):
    """One page."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The page `/health`; nothing else is there."""
        found = self.path == "/health"
        body = json.dumps({"service": "portal", "state": "ok", "node": sys.argv[3]} if found else {}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads a line for each of a hundred thousand questions."""


if __name__ == "__main__":
    ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Portal).serve_forever()

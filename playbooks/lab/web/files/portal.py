"""A front end of the staging lab: says that it is well, and shows its content. Arguments: address, port, name."""

import json
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Portal(BaseHTTPRequestHandler):
    """Two pages: how it is, and what it has to show, which is read anew for whoever asks."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The pages `/health` and `/content`; nothing else is there."""
        body = b""
        if self.path == "/health":
            body = json.dumps({"service": "portal", "state": "ok", "node": sys.argv[3]}).encode()
        elif self.path == "/content":
            body = pathlib.Path(__file__).with_name("content.json").read_bytes()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads a line for each of a hundred thousand questions."""


if __name__ == "__main__":
    ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Portal).serve_forever()

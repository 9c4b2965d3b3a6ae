"""Serves the documents of a host of the staging lab over HTTP. Arguments: address, port, the documents' directory.

`/health` reads one document after the other, a different one at each question, and says whether it is what the index
says; `/documents/<path>` gives one.
"""

import hashlib
import itertools
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

_COUNT = itertools.count()


class Portal(BaseHTTPRequestHandler):
    """Documents, and whether they are whole."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """One of the two things that users ask for."""
        if self.path == "/health":
            said = _health(Path(sys.argv[3]))
            self._answer(200 if said["state"] == "ok" else 503, json.dumps(said).encode(), kind="application/json")
        else:
            document = _document(Path(sys.argv[3]), self.path.removeprefix("/documents/"))
            self._answer(404 if document is None else 200, document or b"", kind="application/octet-stream")

    def _answer(self, status: int, body: bytes, *, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads a line for each of a hundred thousand questions."""


class Server(ThreadingHTTPServer):
    """Whoever leaves before the end, as a proxy does that has seen the status, is not worth a line."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless it is that nobody listens any more."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _health(root: Path) -> dict[str, object]:
    """Whether the document whose turn it is can be read, and is what the index says."""
    try:
        index = (root / "index.json").read_bytes()
        held = json.loads(index)
        documents = sorted(held["documents"].items())
        name, digest = documents[next(_COUNT) % len(documents)]
        content = (root / name).read_bytes()
    except (OSError, ValueError, LookupError):
        return {"service": "documents", "state": "absent"}
    return {
        "service": "documents",
        "state": "ok" if hashlib.sha256(content).hexdigest() == digest else "damaged",
        "generation": held["generation"],
        "documents": len(documents),
        "index_sha256": hashlib.sha256(index).hexdigest(),
    }


def _document(root: Path, asked: str) -> bytes | None:
    path = (root / unquote(asked, errors="surrogateescape")).resolve()
    return path.read_bytes() if path.is_relative_to(root.resolve()) and path.is_file() else None


if __name__ == "__main__":
    Server((sys.argv[1], int(sys.argv[2])), Portal).serve_forever()

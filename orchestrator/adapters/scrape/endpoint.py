"""Answers Prometheus over HTTP, from threads of its own. What is answered is asked for anew each time."""

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from orchestrator.errors import RepriseError, UsageError

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
LOOPBACK = "127.0.0.1"
PATH = "/metrics"


def parse_endpoint(written: str) -> tuple[str, int]:
    """`HOST:PORT`, or a port alone, which is one of this machine only.

    Raises:
        UsageError: It is neither.
    """
    host, _, port = written.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"{written}: no place for metrics", hint="for example 9464, or 192.0.2.10:9464")
    return host.strip("[]") or LOOPBACK, int(port)


class ScrapeEndpoint:
    """Listens for as long as the block runs.

    Args:
        place: Host and port; port 0: one that is free.
        answers: By content type, the metrics as they are now. An error of ours is answered as 503, with its words.
    """

    def __init__(self, place: tuple[str, int], *, answers: dict[str, Callable[[], bytes]]) -> None:
        try:
            self._server = _Server(place, type("Bound", (_Handler,), {"answers": answers}))
        except OSError as error:
            hint = "somebody listens there already, or it is no address of this machine"
            raise UsageError(f"{place[0]}:{place[1]}: {error.strerror}", hint=hint) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """One that waits for no answer that is under way when it ends."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever went away before he had his answer is no fault of ours."""


class _Handler(BaseHTTPRequestHandler):
    """GET of `/metrics`, and nothing else."""

    timeout = 30
    answers: dict[str, Callable[[], bytes]]

    def do_GET(self) -> None:
        """The metrics, in the form that is asked for."""
        if self.path.partition("?")[0] != PATH:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", f"metrics are at {PATH}\n".encode())
            return
        kind = OPENMETRICS if "application/openmetrics-text" in self.headers.get("Accept", "") else TEXT
        try:
            content = self.answers[kind]()
        except RepriseError as error:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", f"{error}\n".encode())
        else:
            self._answer(HTTPStatus.OK, kind, content)

    def _answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
        """Nothing: a scrape is no event."""

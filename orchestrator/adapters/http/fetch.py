"""Asks a web server once, on a connection of its own, as a user who comes anew. A redirect is an answer too."""

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass

from orchestrator.adapters.http.place import Place
from orchestrator.adapters.system import monotonic_us

LARGEST_BODY = 4 * 1024 * 1024
_PIECE = 64 * 1024


class NoReplyError(Exception):
    """A server gave no reply, for a reason in fixed words. Never leaves the adapters: there it becomes a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered."""

    status: int
    body: bytes


def fetch(place: Place, *, deadline_us: int, ca_file: str | None = None) -> Reply:
    """Ask for a path.

    Args:
        place: What is asked.
        deadline_us: On the monotonic clock, in microseconds: by then it is over, however slowly bytes come.
        ca_file: PEM certificates by which the server's own is judged; None: those of the system.

    Raises:
        NoReplyError: There was no whole reply in time.
    """
    connection = _connection(place, seconds=_left(deadline_us), ca_file=ca_file)
    ending = threading.Timer(_left(deadline_us), _cut, [connection])
    ending.daemon = True
    ending.start()
    try:
        return _asked(connection, place.path)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoReplyError("timeout" if monotonic_us() >= deadline_us else _fault(error)) from error
    finally:
        ending.cancel()
        connection.close()


def _connection(place: Place, *, seconds: float, ca_file: str | None) -> http.client.HTTPConnection:
    if not place.tls:
        return http.client.HTTPConnection(place.host, place.port, timeout=seconds)
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise NoReplyError("no certificates to judge it by") from error
    return http.client.HTTPSConnection(place.host, place.port, timeout=seconds, context=context)


def _asked(connection: http.client.HTTPConnection, path: str) -> Reply:
    connection.request("GET", path, headers={"Connection": "close", "Cache-Control": "no-cache"})
    response = connection.getresponse()
    body = b""
    while piece := response.read(_PIECE):
        body += piece
        if len(body) > LARGEST_BODY:
            raise ValueError("too long")
    if response.length:  # Read piece by piece, http.client takes an early end for the end.
        raise http.client.IncompleteRead(body, response.length)
    return Reply(status=response.status, body=body)


def _cut(connection: http.client.HTTPConnection) -> None:
    """The time is over: whoever waits for a byte hears that no more come."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _left(deadline_us: int) -> float:
    return max(0.001, (deadline_us - monotonic_us()) / 1_000_000)


def _fault(error: Exception) -> str:
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case TimeoutError():
            return "timeout"
        case socket.gaierror():
            return "name not resolved"
        case ssl.SSLCertVerificationError():
            return "certificate refused"
        case ssl.SSLError():
            return "no TLS"
        case OSError() | http.client.RemoteDisconnected() | http.client.IncompleteRead():
            return "connection lost"
        case ValueError():
            return "the reply is too long"
        case _:
            return "not HTTP"

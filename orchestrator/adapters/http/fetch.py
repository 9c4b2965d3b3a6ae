"""Asks a web server once, on a connection of its own, as a user who comes anew. A redirect is an answer too."""

import http.client
import ssl
from base64 import b64encode
from dataclasses import dataclass, replace

from orchestrator.adapters.network.connecting import connect
from orchestrator.adapters.network.cutting import cut_in_time
from orchestrator.adapters.network.faults import NoAnswerError, fault_of_network
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace
from orchestrator.adapters.network.tls import ServerCertificate, certificate_of, trusting

LARGEST_BODY = 4 * 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered."""

    status: int
    body: bytes
    certificate: ServerCertificate | None = None


def fetch(place: ServerPlace, *, limit: Limit, context: ssl.SSLContext | None = None) -> Reply:
    """Ask for a path.

    Args:
        place: What is asked.
        limit: By then it is over, however slowly bytes come.
        context: How the server's certificate is judged (`judging`); None: the connection is in clear.

    Raises:
        NoAnswerError: There was no whole reply in time.
    """
    connected = connect(place.host, place.port, limit=limit)
    with connected, connected.dup() as twin, cut_in_time(twin, limit=limit):
        try:
            talking = http.client.HTTPConnection(place.host, place.port)
            talking.sock = context.wrap_socket(connected, server_hostname=place.host) if context else connected
            certificate = certificate_of(talking.sock)
            return replace(_asked(talking, place), certificate=certificate)
        except (OSError, EOFError, http.client.HTTPException, ValueError) as error:
            raise NoAnswerError(limit.fault or _fault(error)) from error


def judging(place: ServerPlace, *, ca_file: str | None) -> ssl.SSLContext | None:
    """How a server's certificate is judged; None where it shows none. It takes milliseconds, and serves many questions.

    Args:
        place: The server.
        ca_file: PEM certificates by which its own is judged; None: those of the system.

    Raises:
        NoAnswerError: The file cannot be used.
    """
    return trusting(ca_file) if place.scheme == "https" else None


def _asked(talking: http.client.HTTPConnection, place: ServerPlace) -> Reply:
    headers = {"Connection": "close", "Cache-Control": "no-cache", **_authorization(place)}
    talking.request("GET", f"/{place.path}", headers=headers)
    response = talking.getresponse()
    body = b""
    while piece := response.read(_PIECE):
        body += piece
        if len(body) > LARGEST_BODY:
            raise ValueError("too long")
    if response.length:  # Read piece by piece, http.client takes an early end for the end.
        raise http.client.IncompleteRead(body, response.length)
    return Reply(status=response.status, body=body)


def _authorization(place: ServerPlace) -> dict[str, str]:
    """Who asks, and by which password (RFC 7617); nothing where nobody is named."""
    if not place.user:
        return {}
    told = b64encode(f"{place.user}:{place.password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {told}"}


def _fault(error: Exception) -> str:
    match error:
        case http.client.RemoteDisconnected() | http.client.IncompleteRead():
            return "connection lost"
        case OSError() | EOFError():
            return fault_of_network(error)
        case ValueError():
            return "the reply is too long"
        case _:
            return "not HTTP"

"""Where a question over HTTP goes: a URL, read once and refused where it cannot be meant."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from orchestrator.errors import ProbeError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server and what it is asked for."""

    host: str
    port: int
    path: str
    tls: bool


def read_place(url: str) -> Place:
    """The parts of a URL.

    Raises:
        ProbeError: It is not one of a web server. It is not repeated: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise ProbeError("url: it is not http://HOST[:PORT]/PATH or https://...", hint="see docs/reference") from error
    if not parts.hostname or parts.username is not None:
        raise ProbeError("url: it names no host, or a user, whom this probe does not send", hint="see docs/reference")
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return Place(host=parts.hostname, port=port, path=path, tls=parts.scheme == "https")

"""By which certificates a server's own is judged, its name too, and what it says. Talking is each protocol's affair."""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestrator.adapters.network.faults import NoAnswerError


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """How certificates are judged. It takes milliseconds to make, and serves many questions.

    Args:
        ca_file: PEM certificates; None: those of the system.

    Raises:
        NoAnswerError: The file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise NoAnswerError("no certificates to judge it by") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCertificate:
    """A certificate that was found good: until when, and the names (organisation, common name) of who issued it."""

    expires_at: datetime
    issuer: tuple[str, ...]

    def days_left(self, now: datetime) -> int:
        """Whole days until it is good no more."""
        return (self.expires_at - now).days


def certificate_of(talking: socket.socket) -> ServerCertificate | None:
    """The certificate that the server showed; None where the connection is in clear."""
    if not isinstance(talking, ssl.SSLSocket):
        return None
    shown = talking.getpeercert() or {}
    names = {str(part[0]): str(part[1]) for name in shown["issuer"] for part in name}
    expires = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    return ServerCertificate(
        expires_at=datetime.fromtimestamp(expires, UTC),
        issuer=tuple(names[kind] for kind in ("organizationName", "commonName") if kind in names),
    )

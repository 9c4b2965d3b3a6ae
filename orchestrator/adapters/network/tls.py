"""By which certificates a server's own is judged, its name too. Talking over TLS is each protocol's own affair."""

import ssl

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

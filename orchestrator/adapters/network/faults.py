"""Why a server did not answer, as an exception within the adapters and in fixed words for what the network says."""

import errno
import socket
import ssl

_BY_NUMBER = {
    errno.ECONNREFUSED: "connection refused",
    errno.ENOENT: "connection refused",
    errno.ETIMEDOUT: "timeout",
    errno.ECANCELED: "stopped",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "host unreachable",
    errno.ECONNRESET: "connection lost",
    errno.EPIPE: "connection lost",
    errno.ENOTCONN: "connection lost",
    errno.EBADF: "connection lost",
}


class NoAnswerError(Exception):
    """A server gave no answer, for a reason in fixed words. Never leaves the adapters: there it becomes a value."""


def fault_of_number(number: int | None) -> str:
    """The words for an error number of the operating system."""
    return _BY_NUMBER.get(number or 0, f"error {errno.errorcode.get(number or 0, 'unknown')}")


def fault_of_network(error: OSError | EOFError) -> str:
    """The words for what went wrong on a connection, TLS included."""
    match error:
        case ssl.SSLCertVerificationError():
            return "certificate refused"
        case ssl.SSLError():
            return "no TLS"
        case TimeoutError():
            return "timeout"
        case socket.gaierror():
            return "name not resolved"
        case OSError(errno=int() as number):
            return fault_of_number(number)
        case _:
            return "connection lost"

"""Opens a TCP connection within a limit: neither silence nor many addresses of one name hold a caller longer."""

import errno
import select
import socket

from orchestrator.adapters.network.faults import NoAnswerError, fault_of_number
from orchestrator.adapters.network.limit import STOP_POLL_US, Limit, limit_of

_REFUSED = fault_of_number(errno.ECONNREFUSED)


def connect(host: str, port: int, *, limit: Limit) -> socket.socket:
    """A connection to the first address of a host that accepts one, each with an equal share of the time that is left.

    Raises:
        NoAnswerError: None did. `connection refused` only where every address refused: silence is not a refusal.
    """
    faults, places = [], _addresses(host, port)
    for index, (family, place) in enumerate(places):
        share = limit_of(limit.left_us // (len(places) - index), stop=limit.stop)
        connecting = socket.socket(family, socket.SOCK_STREAM)
        outcome = _outcome(connecting, place, limit=share)
        if outcome == 0:
            return _opened(connecting)
        connecting.close()
        faults.append(fault_of_number(outcome))
    raise NoAnswerError(next((fault for fault in faults if fault != _REFUSED), _REFUSED))


def _addresses(host: str, port: int) -> list[tuple[int, object]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswerError("name not resolved") from error
    return [(family, place) for family, _, _, _, place in found]


def _outcome(connecting: socket.socket, place: object, *, limit: Limit) -> int:
    connecting.setblocking(False)
    started = connecting.connect_ex(place)  # type: ignore[arg-type]  # as getaddrinfo gave it
    if started != errno.EINPROGRESS:
        return started
    poller = select.poll()
    poller.register(connecting, select.POLLOUT)
    while not limit.fault:
        if poller.poll(min(STOP_POLL_US, limit.left_us) // 1_000 + 1):
            return connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return errno.ECANCELED if limit.fault == "stopped" else errno.ETIMEDOUT


def _opened(connected: socket.socket) -> socket.socket:
    connected.setblocking(True)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected

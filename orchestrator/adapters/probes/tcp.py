"""Whether something listens at an address. Silence is no answer: only a refusal shows that nothing is there."""

import errno
import select
import socket
from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from orchestrator.adapters.postgresql.places import endpoints
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.ports import Answer, Probe, Stop

_STOP_POLL_US = 50_000
_FAULTS = {
    errno.ETIMEDOUT: "timeout",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "host unreachable",
}


class TcpQuestion(Question):
    """The `with` of the probe: `host` and `port`, or a PostgreSQL connection string that names one server or more."""

    host: str | None = None
    port: int | None = Field(default=None, gt=0, lt=65_536)
    dsn: str | None = None

    @model_validator(mode="after")
    def _names_one_way(self) -> Self:
        if (self.host is None) != (self.port is None) or (self.host is None) == (self.dsn is None):
            raise ValueError("give host and port, or dsn")
        return self

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """Every address to try."""
        if self.dsn is not None:
            return endpoints(self.dsn)
        return ((self.host or "", self.port or 0),)


class TcpProbe:
    """Connects and closes at once: `{open: true}` where anything listens, `{open: false}` where all refuse."""

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(TcpQuestion, question, probe="tcp")
        deadline_us = monotonic_us() + timeout_us
        answers = [_attempt(host, port, deadline_us=deadline_us, stop=stop) for host, port in asked.places]
        unclear = [answer for answer in answers if not answer.answered]
        return unclear[0] if unclear else next((a for a in answers if a.values["open"]), answers[0])


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    del connections
    return TcpProbe()


def _attempt(host: str, port: int, *, deadline_us: int, stop: Stop) -> Answer:
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        return Answer(answered=False, values={}, fault="name not resolved")
    with socket.socket(family, socket.SOCK_STREAM) as probing:
        probing.setblocking(False)
        return _answer(_outcome(probing, probing.connect_ex(place), deadline_us=deadline_us, stop=stop))


def _outcome(probing: socket.socket, started: int, *, deadline_us: int, stop: Stop) -> int:
    if started != errno.EINPROGRESS:
        return started
    poller = select.poll()
    poller.register(probing, select.POLLOUT)
    while monotonic_us() < deadline_us and not stop.requested:
        if poller.poll(min(_STOP_POLL_US, deadline_us - monotonic_us()) // 1_000 + 1):
            return probing.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return errno.ECANCELED if stop.requested else errno.ETIMEDOUT


def _answer(outcome: int) -> Answer:
    match outcome:
        case 0:
            return Answer(answered=True, values={"open": True})
        case errno.ECONNREFUSED:
            return Answer(answered=True, values={"open": False})
        case errno.ECANCELED:
            return Answer(answered=False, values={}, fault="stopped")
        case _:
            fault = _FAULTS.get(outcome, f"error {errno.errorcode.get(outcome, 'unknown')}")
            return Answer(answered=False, values={}, fault=fault)

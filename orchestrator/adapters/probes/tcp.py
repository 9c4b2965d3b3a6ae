"""Whether something listens at an address. Silence is no answer: only a refusal shows that nothing is there."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from orchestrator.adapters.network.connecting import connect
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit, limit_of
from orchestrator.adapters.network.place import read_server_places
from orchestrator.adapters.network.schemes import PORTS
from orchestrator.adapters.postgresql.places import endpoints
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.ports import Answer, Probe, Stop


class TcpQuestion(Question):
    """The `with` of the probe: `host` and `port`, or the `url` of a server, or a PostgreSQL connection string.

    The last two may name one server or more.
    """

    host: str | None = None
    port: int | None = Field(default=None, gt=0, lt=65_536)
    dsn: str | None = None
    url: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _names_one_way(self) -> Self:
        ways = [way for way in (self.host, self.dsn, self.url) if way is not None]
        if (self.host is None) != (self.port is None) or len(ways) != 1:
            raise ValueError("give host and port, or url, or dsn")
        return self

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """Every address to try."""
        if self.dsn is not None:
            return endpoints(self.dsn)
        if self.url is not None:
            servers = read_server_places(self.url, ports=PORTS)
            return tuple((server.host, server.port) for server in servers)
        return ((self.host or "", self.port or 0),)


class TcpProbe:
    """Connects and closes at once: `{open: true}` where anything listens, `{open: false}` where all refuse."""

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(TcpQuestion, question, probe="tcp")
        limit = limit_of(timeout_us, stop=stop)
        answers = [_attempt(host, port, limit=limit) for host, port in asked.places]
        unclear = [answer for answer in answers if not answer.answered]
        return unclear[0] if unclear else next((a for a in answers if a.values["open"]), answers[0])


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    del connections
    return TcpProbe()


def _attempt(host: str, port: int, *, limit: Limit) -> Answer:
    try:
        connect(host, port, limit=limit).close()
    except NoAnswerError as error:
        if str(error) == "connection refused":
            return Answer(answered=True, values={"open": False})
        return Answer(answered=False, values={}, fault=str(error))
    return Answer(answered=True, values={"open": True})

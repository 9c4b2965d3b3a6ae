"""Asks Redis the same question again and again, each time on a connection of its own, as a client that comes anew."""

from collections.abc import Mapping

from pydantic import Field, field_validator

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace, read_server_places
from orchestrator.adapters.network.turns import ask_in_turn
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.redis.reading import read_command
from orchestrator.adapters.redis.session import PORTS, open_session
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Asker


class RedisWatchSource(Question):
    """The `with` of a watch of Redis: one URL, or several with blanks between them; a command that only reads.

    An answer is a value that is there and is neither 0 nor no: `EXISTS identity`, and not `PING`, which an empty cache
    answers too. With `writable` the server must be a primary.
    """

    url: str = Field(min_length=1)
    command: str
    writable: bool = True
    password: str | None = None
    password_file: str | None = None
    ca_file: str | None = None

    @field_validator("command")
    @classmethod
    def _only_reads(cls, command: str) -> str:
        read_command(command.split())
        return command

    def places(self) -> tuple[ServerPlace, ...]:
        """The servers that are meant, in the order in which they are asked.

        Raises:
            ProbeError: A URL is none, or the password file cannot be used.
        """
        return read_server_places(self.url, ports=PORTS, password=self.password, password_file=self.password_file)


class RedisAsker:
    """One question of one or more servers: the first that answers counts."""

    def __init__(self, source: RedisWatchSource) -> None:
        self._source, self._places = source, source.places()
        self._reading = read_command(source.command.split())

    def ask(self, *, deadline_us: int) -> str:
        """Ask once; see `ports.Asker`."""
        return ask_in_turn(self._places, self._ask, limit=Limit(deadline_us=deadline_us))

    def close(self) -> None:
        """Nothing is kept open."""

    def _ask(self, place: ServerPlace, limit: Limit) -> None:
        session = open_session(place, ca_file=self._source.ca_file, limit=limit)
        try:
            role, answer = session.ask_all([("ROLE",), self._reading.sent], limit=limit)
        finally:
            session.close()
        if self._source.writable and role[0] != b"master":
            raise NoAnswerError("read-only replica")
        if not self._reading.value(answer):
            raise NoAnswerError("nothing there")


def build(source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    """Make the asker: what the entry-point group `reprise.watches` points to.

    Raises:
        ProbeError: The question makes no sense.
    """
    del timeout_us  # Each question brings its own deadline.
    return RedisAsker(read_question(RedisWatchSource, source, probe="redis"))

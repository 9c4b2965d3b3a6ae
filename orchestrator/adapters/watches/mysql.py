"""Asks a MariaDB or MySQL the same query again and again, over one connection as long as it holds."""

from collections.abc import Mapping

from pydantic import Field

from orchestrator.adapters.mysql.reading import settle
from orchestrator.adapters.mysql.session import PORTS, Session, open_session
from orchestrator.adapters.mysql.source import MysqlSource
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace, read_server_places
from orchestrator.adapters.network.turns import ask_in_turn
from orchestrator.adapters.probes.question import read_question
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Asker


class MysqlWatchSource(MysqlSource):
    """The `with` of a watch: one URL, or several with blanks between them, and a query.

    An answer is a row: `select 1 from identity where not @@read_only`, and not `select 1`, which an empty server that
    takes no writes answers too.
    """

    url: str = Field(min_length=1)
    query: str

    def places(self) -> tuple[ServerPlace, ...]:
        """The servers that are meant, in the order in which they are asked.

        Raises:
            ProbeError: A URL is none, or the password file cannot be used.
        """
        return read_server_places(self.url, ports=PORTS, password=self.password, password_file=self.password_file)


class MysqlAsker:
    """One connection, kept while it answers and made anew, to the first server that answers, when it was lost."""

    def __init__(self, source: MysqlWatchSource, *, timeout_us: int) -> None:
        self._source, self._timeout_us = source, timeout_us
        self._places = source.places()
        self._session: Session | None = None

    def ask(self, *, deadline_us: int) -> str:
        """Ask once; see `ports.Asker`."""
        limit = Limit(deadline_us=deadline_us)
        if self._session is None:
            return ask_in_turn(self._places, self._begin, limit=limit)
        try:
            self._ask(self._session, limit)
        except NoAnswerError as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _begin(self, place: ServerPlace, limit: Limit) -> None:
        session = open_session(place, ca_file=self._source.ca_file, limit=limit)
        settle(session, longest_us=self._timeout_us, limit=limit)  # A session that fails closes itself.
        self._session = session
        self._ask(session, limit)

    def _ask(self, session: Session, limit: Limit) -> None:
        try:
            rows = session.ask(self._source.query, limit=limit).rows
            if not rows:
                raise NoAnswerError("no row")
        except NoAnswerError:
            self.close()  # Another server may be the one that answers: the next question asks them all.
            raise


def build(source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    """Make the asker: what the entry-point group `reprise.watches` points to.

    Raises:
        ProbeError: The question makes no sense.
    """
    return MysqlAsker(read_question(MysqlWatchSource, source, probe="mysql"), timeout_us=timeout_us)

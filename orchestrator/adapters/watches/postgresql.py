"""Asks a PostgreSQL the same query again and again, over one connection as long as it holds."""

from collections.abc import Mapping

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.postgresql.reading import settings
from orchestrator.adapters.postgresql.session import Session, open_session
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Asker


class PostgresqlSource(Question):
    """The `with` of a watch of PostgreSQL."""

    dsn: str
    query: str


class PostgresqlAsker:
    """One connection, kept while it answers and made anew when it was lost. An answer is a row; no row is none."""

    def __init__(self, source: PostgresqlSource, *, timeout_us: int) -> None:
        self._query, self._timeout_us = source.query, timeout_us
        self._places = split_places(source.dsn)
        self._session: Session | None = None

    def ask(self, *, deadline_us: int) -> str:
        """Ask once; see `ports.Asker`."""
        try:
            if self._session is None:
                self._session = self._connected(deadline_us=deadline_us)
            answer = self._session.ask(self._query, deadline_us=deadline_us)
        except NoAnswerError as error:
            self.close()
            return str(error)
        return "" if answer.rows else "no row"

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _connected(self, *, deadline_us: int) -> Session:
        session = open_session(self._places, deadline_us=deadline_us)
        session.ask(settings(self._timeout_us), deadline_us=deadline_us)
        return session


def build(source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    """Make the asker: what the entry-point group `reprise.watches` points to.

    Raises:
        ProbeError: The question makes no sense.
    """
    return PostgresqlAsker(read_question(PostgresqlSource, source, probe="postgresql"), timeout_us=timeout_us)

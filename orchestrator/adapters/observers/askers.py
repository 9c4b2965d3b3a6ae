"""What a watch asks with: one asker for each kind of service, which asks once and says why there was no answer."""

import ssl
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Protocol

from orchestrator.adapters.http.fetch import fetch, judging
from orchestrator.adapters.http.place import read_place
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.postgresql.reading import settings
from orchestrator.adapters.postgresql.session import Session, open_session
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.core.model import Scalar
from orchestrator.errors import ProbeError


class Asker(Protocol):
    """Asks one service, again and again."""

    def ask(self, *, deadline_us: int) -> str:
        """Ask once, and say in a few words why there was no answer; nothing where there was one."""
        ...

    def close(self) -> None:
        """Close what is open. Can be called again."""
        ...


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
        """Ask once; see `Asker`."""
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


class HttpSource(Question):
    """The `with` of a watch of a web service: what its status must be, and what its body must contain."""

    url: str
    status: int = 200
    contains: str | None = None
    ca_file: str | None = None


class HttpAsker:
    """A new connection for each question, as each user has his own."""

    def __init__(self, source: HttpSource, *, timeout_us: int) -> None:
        del timeout_us  # Each question brings its own deadline.
        self._source, self._place = source, read_place(source.url)

    def ask(self, *, deadline_us: int) -> str:
        """Ask once; see `Asker`."""
        try:
            reply = fetch(self._place, limit=Limit(deadline_us=deadline_us), context=self._context)
        except NoAnswerError as error:
            return str(error)
        if reply.status != self._source.status:
            return f"status {reply.status}"
        expected = self._source.contains
        return "" if expected is None or expected.encode() in reply.body else "another body"

    def close(self) -> None:
        """Nothing is kept open."""

    @cached_property
    def _context(self) -> ssl.SSLContext | None:
        """Made once: a watch asks twenty times a second."""
        return judging(self._place, ca_file=self._source.ca_file)


def _postgresql(source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    return PostgresqlAsker(read_question(PostgresqlSource, source, probe="postgresql"), timeout_us=timeout_us)


def _http(source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    return HttpAsker(read_question(HttpSource, source, probe="http"), timeout_us=timeout_us)


_ASKERS: dict[str, Callable[..., Asker]] = {"http": _http, "postgresql": _postgresql}
"""By the name of the probe that asks the same question once."""


def open_asker(probe: str, source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    """An asker, which has connected to nothing yet.

    Raises:
        ProbeError: There is no watch for this probe, or its question makes no sense.
    """
    if probe not in _ASKERS:
        raise ProbeError(f"there is no watch for probe {probe}", hint=f"there are: {', '.join(sorted(_ASKERS))}")
    return _ASKERS[probe](source, timeout_us=timeout_us)

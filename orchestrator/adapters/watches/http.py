"""Asks a web service for the same address again and again, or for that of each place where it may be."""

import ssl
from collections.abc import Mapping
from functools import cached_property

from orchestrator.adapters.http.fetch import fetch, judging
from orchestrator.adapters.http.place import read_places
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace
from orchestrator.adapters.network.turns import ask_in_turn
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Asker


class HttpSource(Question):
    """The `with` of a watch of a web service: what its status must be, and what its body must contain.

    One URL, or several with blanks between them; one with a user is asked with the password of `password-file`.
    """

    url: str
    password_file: str | None = None
    status: int = 200
    contains: str | None = None
    ca_file: str | None = None


class HttpAsker:
    """One question of one or more servers, the first that answers counts: each on a connection of its own."""

    def __init__(self, source: HttpSource) -> None:
        self._source = source
        self._places = read_places(source.url, password_file=source.password_file)

    def ask(self, *, deadline_us: int) -> str:
        """Ask once; see `ports.Asker`."""
        return ask_in_turn(self._places, self._ask, limit=Limit(deadline_us=deadline_us))

    def close(self) -> None:
        """Nothing is kept open."""

    def _ask(self, place: ServerPlace, limit: Limit) -> None:
        reply = fetch(place, limit=limit, context=self._contexts[place.scheme])
        if reply.status != self._source.status:
            raise NoAnswerError(f"status {reply.status}")
        expected = self._source.contains
        if expected is not None and expected.encode() not in reply.body:
            raise NoAnswerError("another body")

    @cached_property
    def _contexts(self) -> dict[str, ssl.SSLContext | None]:
        """Made once: a watch asks twenty times a second."""
        return {place.scheme: judging(place, ca_file=self._source.ca_file) for place in self._places}


def build(source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    """Make the asker: what the entry-point group `reprise.watches` points to.

    Raises:
        ProbeError: The question makes no sense.
    """
    del timeout_us  # Each question brings its own deadline.
    return HttpAsker(read_question(HttpSource, source, probe="http"))

"""Asks a web service for the same address again and again."""

import ssl
from collections.abc import Mapping
from functools import cached_property

from orchestrator.adapters.http.fetch import fetch, judging
from orchestrator.adapters.http.place import read_place
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Asker


class HttpSource(Question):
    """The `with` of a watch of a web service: what its status must be, and what its body must contain."""

    url: str
    status: int = 200
    contains: str | None = None
    ca_file: str | None = None


class HttpAsker:
    """A new connection for each question, as each user has his own."""

    def __init__(self, source: HttpSource) -> None:
        self._source, self._place = source, read_place(source.url)

    def ask(self, *, deadline_us: int) -> str:
        """Ask once; see `ports.Asker`."""
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


def build(source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    """Make the asker: what the entry-point group `reprise.watches` points to.

    Raises:
        ProbeError: The question makes no sense.
    """
    del timeout_us  # Each question brings its own deadline.
    return HttpAsker(read_question(HttpSource, source, probe="http"))

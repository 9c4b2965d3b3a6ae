"""Asks a directory the same question again and again, each time on a connection of its own, as who comes anew."""

from collections.abc import Mapping

from pydantic import field_validator

from orchestrator.adapters.ldap.filters import checked_filter
from orchestrator.adapters.ldap.session import Scope
from orchestrator.adapters.ldap.source import LdapSource
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace
from orchestrator.adapters.network.turns import ask_in_turn
from orchestrator.adapters.probes.question import read_question
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Asker


class LdapWatchSource(LdapSource):
    """The `with` of a watch of a directory: one URL, or several with blanks between them, and an entry to find.

    An answer is an entry: a directory that lets one in and has nothing is none.
    """

    base: str
    scope: Scope = "base"
    filter: str = "(objectClass=*)"

    @field_validator("filter")
    @classmethod
    def _is_a_filter(cls, text: str) -> str:
        return checked_filter(text)


class LdapAsker:
    """One question of one or more servers: the first that answers counts."""

    def __init__(self, source: LdapWatchSource) -> None:
        self._source, self._places = source, source.places()

    def ask(self, *, deadline_us: int) -> str:
        """Ask once; see `ports.Asker`."""
        return ask_in_turn(self._places, self._ask, limit=Limit(deadline_us=deadline_us))

    def close(self) -> None:
        """Nothing is kept open."""

    def _ask(self, place: ServerPlace, limit: Limit) -> None:
        asked = self._source
        with asked.connected(place, limit=limit) as session:
            session.bind(limit=limit)
            found = session.search(asked.base, scope=asked.scope, where=asked.filter, limit=limit)
            if next(found, None) is None:
                raise NoAnswerError("no entry")


def build(source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    """Make the asker: what the entry-point group `reprise.watches` points to.

    Raises:
        ProbeError: The question makes no sense.
    """
    del timeout_us  # Each question brings its own deadline.
    return LdapAsker(read_question(LdapWatchSource, source, probe="ldap"))

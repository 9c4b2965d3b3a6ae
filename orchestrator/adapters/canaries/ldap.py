"""Markers as entries of a directory (`ports.CanaryTechnique`), one for each number.

What is acknowledged: the success of an addition, which a directory answers once the entry is in its database. OpenLDAP
with MDB writes that to disk before it answers, unless it is told `dbnosync`: then no acknowledgement is worth anything.
"""

from collections.abc import Mapping
from contextlib import ExitStack

from orchestrator.adapters.ldap.session import Session
from orchestrator.adapters.ldap.source import LdapSource, only_place
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit, limit_of
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.ports import CanaryTechnique, CanaryWriter, Survivors
from orchestrator.core.ranges import ranges_of


class LdapPlace(LdapSource):
    """The `with` and the `read` of a canary in a directory: `base` is the entry below which markers are."""

    base: str


class LdapWriter:
    """Commits markers, and keeps the connection from one to the next."""

    def __init__(self, source: LdapPlace, *, run_id: str) -> None:
        self._source, self._run_id = source, run_id
        self._open = ExitStack()
        self._session: Session | None = None

    def commit(self, number: int, *, deadline_us: int) -> str:
        """Commit one marker; see `ports.CanaryWriter`."""
        limit = Limit(deadline_us=deadline_us)
        try:
            self._bound(limit).add(f"cn={self._run_id}.{number},{self._source.base}", self._entry(number), limit=limit)
        except NoAnswerError as error:
            self.close()
            return str(error)
        return ""

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._session = None
        self._open.close()

    def _bound(self, limit: Limit) -> Session:
        if self._session is None:
            session = self._open.enter_context(self._source.connected(only_place(self._source), limit=limit))
            session.bind(limit=limit)
            self._session = session
        return self._session

    def _entry(self, number: int) -> dict[str, list[str]]:
        # Of the standard schema that every directory has.
        return {"objectClass": ["device"], "serialNumber": [self._run_id], "description": [str(number)]}


class LdapCanary:
    """Entries `cn=<run>.<number>` of class `device`."""

    def writer(self, source: Mapping[str, Scalar], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run; see `ports.CanaryTechnique`."""
        return LdapWriter(_place(source), run_id=run_id)

    def survivors(self, source: Mapping[str, Scalar], *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of a run are there; see `ports.CanaryTechnique`."""
        asked, limit = _place(source), limit_of(timeout_us)
        where = f"(&(objectClass=device)(serialNumber={run_id}))"
        try:
            with asked.connected(only_place(asked), limit=limit) as session:
                session.bind(limit=limit)
                found = session.search(asked.base, scope="one", where=where, attributes=("description",), limit=limit)
                numbers = [int(entry.attributes["description"][0]) for entry in found]
        except (NoAnswerError, ValueError, LookupError) as error:
            return Survivors(answered=False, ranges=(), fault=str(error))
        return Survivors(answered=True, ranges=ranges_of(numbers))


def build(*, connections: SshConnections) -> CanaryTechnique:
    """Make the technique: what the entry-point group `reprise.canaries` points to."""
    del connections  # The directory is asked directly.
    return LdapCanary()


def _place(source: Mapping[str, Scalar]) -> LdapPlace:
    asked = read_question(LdapPlace, source, probe="ldap")
    asked.places()  # Refused here, where a person is told.
    return asked

"""Markers as rows of a PostgreSQL (`ports.CanaryTechnique`).

No wait is ever cancelled: the connection is closed instead, for a cancelled wait for a standby would be reported as a
success.
"""

from collections.abc import Mapping

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.postgresql.reading import reading
from orchestrator.adapters.postgresql.session import Session, open_session
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.ports import CanaryTechnique, CanaryWriter, Survivors

# One statement outside of any transaction commits by itself: its answer is the acknowledgement of the commit.
_INSERT = "insert into reprise.canary (run, seq) values ($1, $2::bigint)"
# Consecutive numbers less their rank are equal, so each run of them is one group.
_RANGES = """
select min(seq), max(seq)
from (select seq, seq - row_number() over (order by seq) as island from reprise.canary where run = $1) as markers
group by island
order by 1
"""


class PostgresqlPlace(Question):
    """The `with` and the `read` of a canary in PostgreSQL."""

    dsn: str


class PostgresqlWriter:
    """Commits markers, and keeps the connection from one to the next."""

    def __init__(self, place: PostgresqlPlace, *, run_id: str) -> None:
        self._places, self._run_id = split_places(place.dsn), run_id
        self._session: Session | None = None

    def commit(self, number: int, *, deadline_us: int) -> str:
        """Commit one marker; see `ports.CanaryWriter`."""
        try:
            if self._session is None:
                self._session = open_session(self._places, deadline_us=deadline_us)
            self._session.ask(_INSERT, parameters=(self._run_id, str(number)), deadline_us=deadline_us)
        except NoAnswerError as error:
            self.close()
            return str(error)
        return ""

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None


class PostgresqlCanary:
    """Rows of the table `reprise.canary (run text, seq bigint)`."""

    def writer(self, source: Mapping[str, Scalar], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run; see `ports.CanaryTechnique`."""
        return PostgresqlWriter(_place(source), run_id=run_id)

    def survivors(self, source: Mapping[str, Scalar], *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of a run are there; no table is no answer. See `ports.CanaryTechnique`."""
        places = split_places(_place(source).dsn)
        try:
            with reading(places, timeout_us=timeout_us) as reader:
                rows = reader.ask(_RANGES, parameters=(run_id,)).rows
        except NoAnswerError as error:
            return Survivors(answered=False, ranges=(), fault=str(error))
        return Survivors(answered=True, ranges=tuple((int(first or 0), int(last or 0)) for first, last in rows))


def build(*, connections: SshConnections) -> CanaryTechnique:
    """Make the technique: what the entry-point group `reprise.canaries` points to."""
    del connections  # The database is asked directly.
    return PostgresqlCanary()


def _place(source: Mapping[str, Scalar]) -> PostgresqlPlace:
    return read_question(PostgresqlPlace, source, probe="postgresql")

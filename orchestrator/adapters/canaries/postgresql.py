"""Markers as rows of a PostgreSQL (`ports.CanaryTechnique`).

A cancelled wait for a standby would be reported as a success: `KeptWriter` cancels none.
"""

from collections.abc import Mapping

from orchestrator.adapters.canaries.kept import KeptWriter
from orchestrator.adapters.canaries.rows import ranges_query, survivors_in
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.postgresql.places import split_places
from orchestrator.adapters.postgresql.reading import reading
from orchestrator.adapters.postgresql.session import open_session
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.ports import CanaryTechnique, CanaryWriter, Survivors

# One statement outside of any transaction commits by itself: its answer is the acknowledgement of the commit.
_INSERT = "insert into reprise.canary (run, seq) values ($1, $2::bigint)"
_RANGES = ranges_query("$1")


class PostgresqlPlace(Question):
    """The `with` and the `read` of a canary in PostgreSQL."""

    dsn: str


class PostgresqlCanary:
    """Rows of the table `reprise.canary (run text, seq bigint)`."""

    def writer(self, source: Mapping[str, Scalar], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run; see `ports.CanaryTechnique`."""
        places = split_places(_place(source).dsn)
        return KeptWriter(
            begin=lambda limit: open_session(places, deadline_us=limit.deadline_us),
            commit=lambda session, number, limit: session.ask(
                _INSERT, parameters=(run_id, str(number)), deadline_us=limit.deadline_us
            ),
        )

    def survivors(self, source: Mapping[str, Scalar], *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of a run are there; no table is no answer. See `ports.CanaryTechnique`."""
        places = split_places(_place(source).dsn)
        try:
            with reading(places, timeout_us=timeout_us) as reader:
                rows = reader.ask(_RANGES, parameters=(run_id,)).rows
        except NoAnswerError as error:
            return Survivors(answered=False, ranges=(), fault=str(error))
        return survivors_in(rows)


def build(*, connections: SshConnections) -> CanaryTechnique:
    """Make the technique: what the entry-point group `reprise.canaries` points to."""
    del connections  # The database is asked directly.
    return PostgresqlCanary()


def _place(source: Mapping[str, Scalar]) -> PostgresqlPlace:
    return read_question(PostgresqlPlace, source, probe="postgresql")

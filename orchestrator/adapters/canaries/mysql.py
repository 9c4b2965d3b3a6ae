"""Markers as rows of a MariaDB or MySQL (`ports.CanaryTechnique`)."""

from collections.abc import Mapping

from orchestrator.adapters.canaries.kept import KeptWriter
from orchestrator.adapters.canaries.rows import ranges_query, survivors_in
from orchestrator.adapters.mysql.reading import reading
from orchestrator.adapters.mysql.session import Session, open_session
from orchestrator.adapters.mysql.source import MysqlSource
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit, limit_of
from orchestrator.adapters.network.place import ServerPlace
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.ports import CanaryTechnique, CanaryWriter, Survivors

# Else a commit is acknowledged that only memory has, in the tables or in the binary log by which a restore is rolled
# forward. MariaDB knows a 3 beside the 1.
_DURABLE = "select @@innodb_flush_log_at_trx_commit in (1, 3) and (@@sync_binlog = 1 or not @@log_bin)"
_NOT_DURABLE = "nothing durable: innodb_flush_log_at_trx_commit and sync_binlog must be 1"
# The session commits each statement by itself: its answer is the acknowledgement of the commit.
_INSERT = "insert into reprise.canary (run, seq) values (%s, %s)"
_RANGES = ranges_query("%s")


class MysqlCanary:
    """Rows of the table `reprise.canary (run varchar, seq bigint)`."""

    def writer(self, source: Mapping[str, Scalar], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run; see `ports.CanaryTechnique`."""
        asked = _source(source)
        place = asked.place()
        return KeptWriter(
            begin=lambda limit: _durable(place, ca_file=asked.ca_file, limit=limit),
            commit=lambda session, number, limit: session.ask(_INSERT, parameters=(run_id, str(number)), limit=limit),
        )

    def survivors(self, source: Mapping[str, Scalar], *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of a run are there; no table is no answer. See `ports.CanaryTechnique`."""
        asked = _source(source)
        place, limit = asked.place(), limit_of(timeout_us)
        try:
            with reading(place, ca_file=asked.ca_file, limit=limit) as reader:
                rows = reader.ask(_RANGES, parameters=(run_id,)).rows
        except NoAnswerError as error:
            return Survivors(answered=False, ranges=(), fault=str(error))
        return survivors_in(rows)


def _durable(place: ServerPlace, *, ca_file: str | None, limit: Limit) -> Session:
    """A session with a server that keeps what it acknowledges."""
    session = open_session(place, ca_file=ca_file, limit=limit)
    if session.ask(_DURABLE, limit=limit).rows != (("1",),):
        session.close()
        raise NoAnswerError(_NOT_DURABLE)
    return session


def build(*, connections: SshConnections) -> CanaryTechnique:
    """Make the technique: what the entry-point group `reprise.canaries` points to."""
    del connections  # The database is asked directly.
    return MysqlCanary()


def _source(source: Mapping[str, Scalar]) -> MysqlSource:
    return read_question(MysqlSource, source, probe="mysql")

"""Markers as rows of a MariaDB or MySQL (`ports.CanaryTechnique`)."""

from collections.abc import Mapping

from orchestrator.adapters.mysql.reading import reading
from orchestrator.adapters.mysql.session import Session, open_session
from orchestrator.adapters.mysql.source import MysqlSource
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit, limit_of
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
# Consecutive numbers less their rank are equal, so each run of them is one group.
_RANGES = """
select min(seq), max(seq)
from (select seq, seq - row_number() over (order by seq) as island from reprise.canary where run = %s) as markers
group by island
order by 1
"""


class MysqlWriter:
    """Commits markers, and keeps the connection from one to the next. No wait is cancelled: it is closed instead."""

    def __init__(self, source: MysqlSource, *, run_id: str) -> None:
        self._place, self._ca_file, self._run_id = source.place(), source.ca_file, run_id
        self._session: Session | None = None

    def commit(self, number: int, *, deadline_us: int) -> str:
        """Commit one marker; see `ports.CanaryWriter`."""
        limit = Limit(deadline_us=deadline_us)
        try:
            if self._session is None:
                self._session = self._opened(limit)
            self._session.ask(_INSERT, parameters=(self._run_id, str(number)), limit=limit)
        except NoAnswerError as error:
            self.close()
            return str(error)
        return ""

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _opened(self, limit: Limit) -> Session:
        session = open_session(self._place, ca_file=self._ca_file, limit=limit)
        if session.ask(_DURABLE, limit=limit).rows != (("1",),):
            session.close()
            raise NoAnswerError(_NOT_DURABLE)
        return session


class MysqlCanary:
    """Rows of the table `reprise.canary (run varchar, seq bigint)`."""

    def writer(self, source: Mapping[str, Scalar], *, run_id: str) -> CanaryWriter:
        """Who writes the markers of a run; see `ports.CanaryTechnique`."""
        return MysqlWriter(_source(source), run_id=run_id)

    def survivors(self, source: Mapping[str, Scalar], *, run_id: str, timeout_us: int) -> Survivors:
        """Which markers of a run are there; no table is no answer. See `ports.CanaryTechnique`."""
        asked = _source(source)
        place, limit = asked.place(), limit_of(timeout_us)
        try:
            with reading(place, ca_file=asked.ca_file, limit=limit) as reader:
                rows = reader.ask(_RANGES, parameters=(run_id,)).rows
        except NoAnswerError as error:
            return Survivors(answered=False, ranges=(), fault=str(error))
        return Survivors(answered=True, ranges=tuple((int(first or 0), int(last or 0)) for first, last in rows))


def build(*, connections: SshConnections) -> CanaryTechnique:
    """Make the technique: what the entry-point group `reprise.canaries` points to."""
    del connections  # The database is asked directly.
    return MysqlCanary()


def _source(source: Mapping[str, Scalar]) -> MysqlSource:
    return read_question(MysqlSource, source, probe="mysql")

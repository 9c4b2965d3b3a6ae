"""A read-only snapshot that a question cannot leave: what probes ask within. Writing is the canary's alone."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from orchestrator.adapters.mysql.session import Rows, Session, open_session
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace

# Digests are made of values as text: the same wherever the server stands and whatever its defaults are.
_SETTINGS = "set session sql_mode = '', time_zone = '+00:00', group_concat_max_len = 1073741824"
_READ_ONLY = "set session transaction isolation level repeatable read, read only"
_BEGIN = "start transaction with consistent snapshot, read only"

# The server itself refuses to write within the transaction. It would let a `commit` and a `set` end it, and a `select`
# write a file: those are refused here, in comments that it executes too.
_READS = re.compile(r"\s*(select|show|with|\(\s*select)\b", re.IGNORECASE)
_WRITES_A_FILE = re.compile(r"\b(outfile|dumpfile)\b", re.IGNORECASE)


class Reader:
    """Asks within one read-only snapshot, until one limit."""

    def __init__(self, session: Session, *, limit: Limit) -> None:
        self._session, self._limit = session, limit

    def ask(self, statement: str, *, parameters: Sequence[str] = ()) -> Rows:
        """One statement and its whole answer.

        Raises:
            NoAnswerError: It is not a question, the server refused it, time is over, or the connection is lost.
        """
        if not _READS.match(statement) or _WRITES_A_FILE.search(statement):
            raise NoAnswerError("not a question: select, show or with")
        return self._session.ask(statement, parameters=parameters, limit=self._limit)


@contextmanager
def reading(place: ServerPlace, *, ca_file: str | None, limit: Limit) -> Iterator[Reader]:
    """Connect, begin the transaction, and close the connection whatever happens.

    Raises:
        NoAnswerError: The server did not let us in, or not in time.
    """
    session = open_session(place, ca_file=ca_file, limit=limit)
    try:
        settle(session, longest_us=limit.left_us, limit=limit)
        session.ask(_BEGIN, limit=limit)
        yield Reader(session, limit=limit)
    finally:
        session.close()


def settle(session: Session, *, longest_us: int, limit: Limit) -> None:
    """Make a session read-only, its answers the same on every server, and its statements end by themselves.

    Args:
        session: A new one.
        longest_us: After this long, in microseconds, the server ends a statement that nobody waits for any more.
        limit: Of the settling itself.

    Raises:
        NoAnswerError: The server refused, or not in time.
    """
    for statement in (_SETTINGS, _READ_ONLY, _time_limit(session, longest_us)):
        session.ask(statement, limit=limit)


def _time_limit(session: Session, longest_us: int) -> str:
    longest_ms = max(1, longest_us // 1_000)
    if session.is_mariadb:
        return f"set session max_statement_time = {longest_ms / 1_000:.3f}"
    return f"set session max_execution_time = {longest_ms}"

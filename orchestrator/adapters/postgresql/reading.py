"""A read-only transaction that a question cannot leave: what probes ask within. Writing is the canary's alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from orchestrator.adapters.postgresql.session import Rows, Session, open_session
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.ports import Stop

# Set after connecting and not by the connection's `options`: a server that is asked for with
# target_session_attrs=read-write would be refused by libpq as read-only.
# The formats are fixed because digests are made of values as text, wherever the server stands and whatever its locale.
_SETTINGS = (
    ("default_transaction_read_only", "on"),
    ("row_security", "off"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "iso_8601"),
    ("TimeZone", "UTC"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("xmloption", "content"),
    ("client_encoding", "UTF8"),
)
_BEGIN = "start transaction isolation level repeatable read, read only"
# The first query of the transaction: after it the server lets nobody make the transaction writable any more.
_FENCE = "select 1"


class Reader:
    """Asks within one read-only snapshot, until one deadline."""

    def __init__(self, session: Session, *, deadline_us: int, stop: Stop | None) -> None:
        self._session = session
        self._deadline_us = deadline_us
        self._stop = stop

    def ask(self, statement: str, *, parameters: Sequence[str] = ()) -> Rows:
        """One statement and its whole answer.

        Raises:
            NoAnswerError: The server refused it, time is over, or the connection is lost.
        """
        return self._session.ask(statement, parameters=parameters, deadline_us=self._deadline_us, stop=self._stop)


@contextmanager
def reading(places: Sequence[str], *, timeout_us: int, stop: Stop | None = None) -> Iterator[Reader]:
    """Connect, begin the transaction, and close the connection whatever happens.

    Raises:
        NoAnswerError: No server let us in, or not in time.
    """
    deadline_us = monotonic_us() + timeout_us
    session = open_session(places, deadline_us=deadline_us, stop=stop)
    try:
        reader = Reader(session, deadline_us=deadline_us, stop=stop)
        reader.ask(settings(timeout_us))
        reader.ask(_BEGIN)
        reader.ask(_FENCE)
        yield reader
    finally:
        session.close()


def settings(timeout_us: int) -> str:
    """The statement that makes a session read-only and its answers the same on every server.

    Args:
        timeout_us: After this long the server ends by itself what nobody waits for any more.
    """
    wanted = (*_SETTINGS, ("statement_timeout", f"{max(1, timeout_us // 1_000)}ms"))
    return "select " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in wanted)

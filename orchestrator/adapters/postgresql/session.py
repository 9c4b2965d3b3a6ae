"""One connection to a server, on libpq's asynchronous interface: every wait ends at a deadline of the monotonic clock.

When time is over the socket is closed and nothing is cancelled: a cancelled wait for a synchronous standby commits
locally and reports success, and libpq's own time-outs count in whole seconds from two upwards.
"""

import select
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import OperationalError, pq
from psycopg.pq.abc import PGconn, PGresult

from orchestrator.adapters.postgresql.faults import NoAnswerError, fault_of_state, fault_of_text
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.ports import Stop

_STOP_POLL_US = 50_000
_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The answer to one statement: names and types of the columns, and every value as text (None: NULL)."""

    names: tuple[str, ...]
    types: tuple[int, ...]
    rows: tuple[tuple[str | None, ...], ...]


class Session:
    """An open connection. After any `NoAnswerError` it is closed."""

    def __init__(self, connection: PGconn) -> None:
        self._connection = connection

    def ask(
        self, statement: str, *, parameters: Sequence[str] = (), deadline_us: int, stop: Stop | None = None
    ) -> Rows:
        """Send one statement (the extended protocol takes no second one) and wait for its whole answer.

        Raises:
            NoAnswerError: The server refused it, time is over, or the connection is lost; the session is closed.
        """
        try:
            values = [parameter.encode() for parameter in parameters]
            self._connection.send_query_params(statement.encode(), values or None)
            return _rows(self._result(deadline_us=deadline_us, stop=stop))
        except OperationalError as error:
            self.close()
            raise NoAnswerError(fault_of_text(str(error))) from error
        except NoAnswerError:
            self.close()
            raise

    def close(self) -> None:
        """Close the socket. Can be called again."""
        self._connection.finish()

    def _result(self, *, deadline_us: int, stop: Stop | None) -> PGresult:
        while self._connection.flush():
            _wait(self._connection, select.POLLOUT | select.POLLIN, deadline_us=deadline_us, stop=stop)
            self._connection.consume_input()
        last: PGresult | None = None
        while True:
            while self._connection.is_busy():
                _wait(self._connection, select.POLLIN, deadline_us=deadline_us, stop=stop)
                self._connection.consume_input()
            result = self._connection.get_result()
            if result is None:
                break
            last = result
        if last is None:
            raise NoAnswerError(fault_of_state(None))
        return last


def open_session(places: Sequence[str], *, deadline_us: int, stop: Stop | None = None) -> Session:
    """Connect to the first of several servers that lets us in, each with an equal share of the time that is left.

    Args:
        places: Connection strings of one server each (`places.split_places`).
        deadline_us: The monotonic instant by which there is a session or a fault.
        stop: Ends the wait.

    Raises:
        NoAnswerError: None did; the reason is the last server's.
    """
    fault = "no server is named"
    for index, place in enumerate(places):
        now_us = monotonic_us()
        share_us = now_us + (deadline_us - now_us) // (len(places) - index)
        try:
            return _connect(place, deadline_us=share_us, stop=stop)
        except NoAnswerError as error:
            fault = str(error)
    raise NoAnswerError(fault)


def _connect(place: str, *, deadline_us: int, stop: Stop | None) -> Session:
    connection = pq.PGconn.connect_start(place.encode())
    try:
        _complete(connection, deadline_us=deadline_us, stop=stop)
    except BaseException:
        connection.finish()
        raise
    return Session(connection)


def _complete(connection: PGconn, *, deadline_us: int, stop: Stop | None) -> None:
    connection.nonblocking = 1
    state: int = pq.PollingStatus.WRITING
    while True:
        if connection.status == pq.ConnStatus.BAD:
            raise NoAnswerError(fault_of_text(connection.get_error_message()))
        if state == pq.PollingStatus.OK:
            return
        sense = select.POLLIN if state == pq.PollingStatus.READING else select.POLLOUT
        _wait(connection, sense, deadline_us=deadline_us, stop=stop)
        state = connection.connect_poll()


def _wait(connection: PGconn, sense: int, *, deadline_us: int, stop: Stop | None) -> None:
    poller = select.poll()
    # Asked for each time: libpq changes its socket when it turns to another address or leaves encryption.
    poller.register(connection.socket, sense)
    while not poller.poll(_slice_ms(deadline_us, stop=stop)):
        if stop is not None and stop.requested:
            raise NoAnswerError("stopped")
        if monotonic_us() >= deadline_us:
            raise NoAnswerError("timeout")


def _slice_ms(deadline_us: int, *, stop: Stop | None) -> int:
    left_us = max(0, deadline_us - monotonic_us())
    return -(-(min(left_us, _STOP_POLL_US) if stop is not None else left_us) // 1_000)


def _rows(result: PGresult) -> Rows:
    if result.status not in _GOOD:
        state = result.error_field(pq.DiagnosticField.SQLSTATE)
        raise NoAnswerError(fault_of_state(state.decode("ascii") if state else None))
    columns = range(result.nfields)
    return Rows(
        names=tuple((result.fname(column) or b"").decode() for column in columns),
        types=tuple(result.ftype(column) for column in columns),
        rows=tuple(tuple(_text(result.get_value(row, column)) for column in columns) for row in range(result.ntuples)),
    )


def _text(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError as error:
        raise NoAnswerError("value is not UTF-8") from error

"""One connection to MariaDB or MySQL: every wait ends at a limit, and after any fault it is closed."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pymysql

from orchestrator.adapters.mysql.faults import fault_of
from orchestrator.adapters.network.connecting import connect
from orchestrator.adapters.network.cutting import cut_in_time
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace
from orchestrator.adapters.network.schemes import ports_of

PORTS = ports_of("mysql")
# What a library of another protocol's bytes may raise is not only its own errors.
_FAULTS = (pymysql.MySQLError, OSError, EOFError, ValueError, LookupError, AssertionError, TypeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The answer to one statement: names and types of the columns, values as text (None: NULL) or as bytes (binary)."""

    names: tuple[str, ...]
    types: tuple[int, ...]
    rows: tuple[tuple[str | bytes | None, ...], ...]


class Session:
    """An open connection. After any `NoAnswerError` it is closed. Each statement commits by itself."""

    def __init__(self, connection: "pymysql.Connection[pymysql.cursors.Cursor]", twin: socket.socket) -> None:
        self._connection, self._twin = connection, twin

    @property
    def is_mariadb(self) -> bool:
        """Whether the server calls itself MariaDB: a few settings have other names there."""
        return "mariadb" in str(self._connection.get_server_info()).lower()  # type: ignore[no-untyped-call]

    def ask(self, statement: str, *, parameters: Sequence[str] = (), limit: Limit) -> Rows:
        """Send one statement (the server takes no second one) and wait for its whole answer.

        Raises:
            NoAnswerError: The server refused it, time is over, or the connection is lost; the session is closed.
        """
        try:
            with cut_in_time(self._twin, limit=limit), self._connection.cursor() as cursor:
                cursor.execute(statement, tuple(parameters) or None)
                return _rows(cursor)
        except _FAULTS as error:
            self.close()
            raise NoAnswerError(limit.fault or fault_of(error)) from error

    def close(self) -> None:
        """Close the connection at once: what is under way is not waited for. Can be called again."""
        with suppress(*_FAULTS):  # It is being given up.
            self._connection.close()
        with suppress(OSError):
            self._twin.shutdown(socket.SHUT_RDWR)
        self._twin.close()


def open_session(place: ServerPlace, *, ca_file: str | None = None, limit: Limit) -> Session:
    """Connect and log in.

    Args:
        place: The server; its path is the database, which may be empty.
        ca_file: PEM certificates by which the server's own is judged, its name too; None: the connection is in clear.
        limit: When the wait is over.

    Raises:
        NoAnswerError: The server did not let us in, or not in time.
    """
    connected = connect(place.host, place.port, limit=limit)
    twin = connected.dup()
    try:
        connection = _connection(place, ca_file=ca_file)
        with cut_in_time(twin, limit=limit):
            connection.connect(connected)
    except _FAULTS as error:
        twin.close()
        connected.close()
        raise NoAnswerError(limit.fault or fault_of(error)) from error
    return Session(connection, twin)


def _connection(place: ServerPlace, *, ca_file: str | None) -> "pymysql.Connection[pymysql.cursors.Cursor]":
    return pymysql.Connection(
        host=place.host,
        port=place.port,
        user=place.user,
        password=place.password,
        database=place.path or None,
        charset="utf8mb4",
        conv={},  # Values stay text: what a type is worth is decided where it is asked for.
        autocommit=True,
        defer_connect=True,
        ssl_ca=ca_file,
        ssl_verify_cert=ca_file is not None,
        ssl_verify_identity=ca_file is not None,
        ssl_disabled=ca_file is None,
    )


def _rows(cursor: pymysql.cursors.Cursor) -> Rows:
    columns = cursor.description or ()
    return Rows(
        names=tuple(str(column[0]) for column in columns),
        types=tuple(int(column[1]) for column in columns),
        rows=tuple(tuple(row) for row in cursor.fetchall()),
    )

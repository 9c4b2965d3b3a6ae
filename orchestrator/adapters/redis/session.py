"""A connection to Redis whose every wait ends at a limit. Which commands may be sent is the caller's affair."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from orchestrator.adapters.network.connecting import connect
from orchestrator.adapters.network.cutting import cut_in_time
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace
from orchestrator.adapters.network.schemes import ports_of
from orchestrator.adapters.network.tls import trusting
from orchestrator.adapters.redis.faults import fault_of
from orchestrator.errors import ProbeError

PORTS = ports_of("redis", "rediss")
"""`rediss` is Redis over TLS."""

Word = str | bytes | int
# What a library of another protocol's bytes may raise is not only its own errors.
_FAULTS = (RedisError, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError)


class _Connected(Connection):
    """The library's connection, on a socket that is open already: opened within a limit, and by nobody but us."""

    def __init__(self, connected: socket.socket, **settings: Any) -> None:
        super().__init__(**settings)  # type: ignore[no-untyped-call]
        self._connected: socket.socket | None = connected

    def _connect(self) -> socket.socket:
        connected, self._connected = self._connected, None
        if connected is None:
            raise OSError("it is given up")  # Never a second time behind our back.
        return connected


class Session:
    """An open connection. After any `NoAnswerError` but a refusal of a command it is closed."""

    def __init__(self, connection: Connection, twin: socket.socket) -> None:
        self._connection, self._twin = connection, twin

    def ask(self, *words: Word, limit: Limit) -> Any:
        """One command and its answer: numbers, bytes, None, lists of those.

        Raises:
            NoAnswerError: The server refused it, time is over, or the connection is lost.
        """
        return self.ask_all([words], limit=limit)[0]

    def ask_all(self, commands: Sequence[Sequence[Word]], *, limit: Limit) -> list[Any]:
        """Several commands in one go, and their answers in order. As for one."""
        try:
            with cut_in_time(self._twin, limit=limit):
                self._connection.send_packed_command(self._connection.pack_commands(commands))  # type: ignore[no-untyped-call]
                answers = [_answer(self._connection) for _ in commands]
        except _FAULTS as error:
            self.close()
            raise NoAnswerError(limit.fault or fault_of(error)) from error
        for answer in answers:
            if isinstance(answer, ResponseError):
                raise NoAnswerError(fault_of(answer)) from answer
        return answers

    def close(self) -> None:
        """Close the connection at once. Can be called again."""
        with suppress(*_FAULTS):  # It is being given up.
            self._connection.disconnect()  # type: ignore[no-untyped-call]
        with suppress(OSError):
            self._twin.shutdown(socket.SHUT_RDWR)
        self._twin.close()


def open_session(place: ServerPlace, *, ca_file: str | None = None, limit: Limit) -> Session:
    """Connect and log in.

    Args:
        place: The server; its path is the number of the database, 0 where it is empty.
        ca_file: With `rediss`, PEM certificates by which the server's own is judged; None: those of the system.
        limit: When the wait is over.

    Raises:
        NoAnswerError: The server did not let us in, or not in time.
        ProbeError: The database is no number.
    """
    database = _database(place)
    context = trusting(ca_file) if place.scheme == "rediss" else None
    connected = connect(place.host, place.port, limit=limit)
    twin = connected.dup()
    try:
        with cut_in_time(twin, limit=limit):
            talking = context.wrap_socket(connected, server_hostname=place.host) if context else connected
            connection = _connection(place, talking, database)
            connection.connect()  # type: ignore[no-untyped-call]
    except _FAULTS as error:
        twin.close()
        connected.close()
        raise NoAnswerError(limit.fault or fault_of(error)) from error
    return Session(connection, twin)


def _connection(place: ServerPlace, connected: socket.socket, database: int) -> Connection:
    return _Connected(
        connected,
        host=place.host,
        port=place.port,
        db=database,
        username=place.user or None,
        password=place.password or None,
        protocol=2,
        driver_info=None,
        socket_timeout=None,  # `cut_in_time` ends every wait.
        socket_connect_timeout=None,
        retry=Retry(NoBackoff(), 0),
    )


def _database(place: ServerPlace) -> int:
    if place.path and not place.path.isdecimal():
        raise ProbeError("url: what follows the host is not the number of a database", hint="write redis://HOST/0")
    return int(place.path or 0)


def _answer(connection: Connection) -> Any:
    """An answer, or the refusal in its place: the answers to the commands behind it are still to be read."""
    try:
        return connection.read_response()
    except ResponseError as refusal:
        return refusal

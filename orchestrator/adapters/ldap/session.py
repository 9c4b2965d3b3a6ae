"""A connection to a directory whose every wait ends at a limit: login, searches page by page, additions."""

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.adapters.ldap.faults import SUCCESS, fault_of, fault_of_result
from orchestrator.adapters.ldap.library import (
    ANONYMOUS,
    BASE,
    LEVEL,
    NONE,
    SIMPLE,
    SUBTREE,
    Connection,
    LDAPExceptionError,
    Server,
)
from orchestrator.adapters.network.connecting import connect
from orchestrator.adapters.network.cutting import cut_in_time
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace

Scope = Literal["base", "one", "subtree"]
_SCOPES: Mapping[Scope, Any] = {"base": BASE, "one": LEVEL, "subtree": SUBTREE}

_PAGE = 500
_START_TLS = "1.3.6.1.4.1.1466.20037"
_PAGED_RESULTS = "1.2.840.113556.1.4.319"
# What a library of another protocol's bytes may raise is not only its own errors.
_FAULTS = (LDAPExceptionError, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: its name, and its attributes by name in small letters, as bytes in the server's order."""

    name: bytes
    attributes: Mapping[str, tuple[bytes, ...]]


class RefusedError(NoAnswerError):
    """The server answered, and what it answered is no."""

    def __init__(self, code: int) -> None:
        super().__init__(fault_of_result(code))
        self.code = code


class Session:
    """An open connection. After a `NoAnswerError` that is no `RefusedError` it is closed."""

    def __init__(self, connection: Connection, twin: socket.socket) -> None:
        self._connection, self._twin = connection, twin

    def bind(self, *, limit: Limit) -> None:
        """Log in as the account that the session was opened for.

        Raises:
            RefusedError: The server does not let it in.
            NoAnswerError: Time is over, or the connection is lost.
        """
        self._carry_out(lambda: self._connection.bind(read_server_info=False), limit=limit)

    def start_tls(self, context: ssl.SSLContext, *, name: str, limit: Limit) -> None:
        """Go on over TLS. As for `bind`; a certificate that is refused ends the session."""
        self._carry_out(lambda: self._connection.extended(_START_TLS), limit=limit)
        self._within(lambda: self._wrap(context, name), limit=limit)

    def search(
        self, base: str, *, scope: Scope, where: str, attributes: Sequence[str] = (), limit: Limit
    ) -> Iterator[Entry]:
        """Every entry that a filter finds, page by page; a part that another server has is not followed there.

        Args:
            base: The name of the entry to begin at.
            scope: How far from there.
            where: The filter, in the words of RFC 4515.
            attributes: What is read of each entry; nothing but its name where there is none.
            limit: When the wait is over.

        Raises:
            RefusedError: The server refused, has no such base, or does not give all that there is.
            NoAnswerError: Time is over, or the connection is lost.
        """
        cookie: bytes | None = None
        while True:
            self._carry_out(
                lambda sent=cookie: self._connection.search(
                    base,
                    where,
                    _SCOPES[scope],
                    attributes=list(attributes) or ["1.1"],
                    paged_size=_PAGE,
                    paged_cookie=sent,
                ),
                limit=limit,
            )
            yield from _entries(self._connection.response)
            cookie = self._connection.result.get("controls", {}).get(_PAGED_RESULTS, {}).get("value", {}).get("cookie")
            if not cookie:
                return

    def add(self, name: str, attributes: Mapping[str, Sequence[str]], *, limit: Limit) -> None:
        """Add an entry. As for `bind`."""
        self._carry_out(
            lambda: self._connection.add(name, attributes=dict(attributes)),  # type: ignore[no-untyped-call]
            limit=limit,
        )

    def close(self) -> None:
        """Close the connection at once: nobody says good-bye to a server that may hang. Can be called again."""
        with suppress(OSError):
            self._twin.shutdown(socket.SHUT_RDWR)
        self._twin.close()
        with suppress(*_FAULTS):
            self._connection.strategy.close()

    def _carry_out(self, act: Any, *, limit: Limit) -> None:
        self._within(act, limit=limit)
        code = int(self._connection.result["result"])
        if code != SUCCESS:
            raise RefusedError(code)

    def _within(self, act: Any, *, limit: Limit) -> None:
        try:
            with cut_in_time(self._twin, limit=limit):
                act()
        except _FAULTS as error:
            self.close()
            raise NoAnswerError(limit.fault or fault_of(error)) from error
        if limit.fault:
            self.close()
            raise NoAnswerError(limit.fault)

    def _wrap(self, context: ssl.SSLContext, name: str) -> None:
        self._connection.socket = context.wrap_socket(self._connection.socket, server_hostname=name)


def open_session(place: ServerPlace, *, bind_name: str = "", context: ssl.SSLContext | None, limit: Limit) -> Session:
    """Connect, and neither log in nor ask anything.

    Args:
        place: The server, and the password of the account.
        bind_name: The name of the entry to log in as; nobody where it is empty.
        context: How the server's certificate is judged where its URL says `ldaps`.
        limit: When the wait is over.

    Raises:
        NoAnswerError: The server did not accept, or not in time.
    """
    connected = connect(place.host, place.port, limit=limit)
    twin = connected.dup()
    try:
        with cut_in_time(twin, limit=limit):
            secured = context if place.scheme == "ldaps" else None
            talking = secured.wrap_socket(connected, server_hostname=place.host) if secured else connected
            return Session(_connection(place, talking, bind_name), twin)
    except _FAULTS as error:
        twin.close()
        connected.close()
        raise NoAnswerError(limit.fault or fault_of(error)) from error


def _connection(place: ServerPlace, talking: socket.socket, bind_name: str) -> Connection:
    connection = Connection(
        Server(talking.getpeername()[0], port=place.port, get_info=NONE),
        user=bind_name or None,
        password=place.password if bind_name else None,
        authentication=SIMPLE if bind_name else ANONYMOUS,
        auto_referrals=False,
        auto_range=False,
        return_empty_attributes=False,
        check_names=False,
    )

    def take(*_: object, **__: object) -> None:
        connection.socket, connection.closed = talking, False

    # On a socket that is open already: opened within a limit, and by nobody but us.
    connection.strategy._open_socket = take
    connection.open(read_server_info=False)
    return connection


def _entries(response: Any) -> Iterator[Entry]:
    for found in response or ():
        if found["type"] == "searchResEntry":
            attributes = {name.lower(): tuple(values) for name, values in found["raw_attributes"].items()}
            yield Entry(name=bytes(found["raw_dn"]), attributes=attributes)

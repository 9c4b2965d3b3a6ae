"""How a drill names a directory, and as whom it comes: the keys that all its questions share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from pydantic import Field, model_validator

from orchestrator.adapters.ldap.session import Session, open_session
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.place import ServerPlace, read_server_places
from orchestrator.adapters.network.schemes import ports_of
from orchestrator.adapters.network.tls import trusting
from orchestrator.adapters.probes.question import Question
from orchestrator.errors import ProbeError

PORTS = ports_of("ldap", "ldaps")


class LdapSource(Question):
    """`url: ldap://host:389`, the name of the account's entry (`bind-dn`), and its password apart from both.

    Without `bind-dn` nobody logs in. `ldaps` is TLS from the beginning, `start-tls` from the first word on; `ca-file`
    judges the server's certificate.
    """

    url: str = Field(min_length=1)
    bind_dn: str = ""
    password: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    start_tls: bool = False

    @model_validator(mode="after")
    def _comes_with_a_password(self) -> Self:
        # A login with a name and no password is none: servers call it unauthenticated, and some let it pass.
        if self.bind_dn and not (self.password or self.password_file):
            raise ValueError("bind-dn needs password or password-file")
        return self

    def places(self) -> tuple[ServerPlace, ...]:
        """The servers that are meant, in the order in which they are asked.

        Raises:
            ProbeError: A URL is none, or the password file cannot be used or is empty.
        """
        places = read_server_places(self.url, ports=PORTS, password=self.password, password_file=self.password_file)
        if self.bind_dn and not all(place.password for place in places):
            raise ProbeError("password-file: its first line is empty", hint="write the password of bind-dn there")
        return places

    @contextmanager
    def connected(self, place: ServerPlace, *, limit: Limit) -> Iterator[Session]:
        """A connection to one of them, over TLS where that is asked; nobody has logged in yet.

        Raises:
            NoAnswerError: The server did not accept, or not in time.
        """
        secured = self.start_tls or place.scheme == "ldaps"
        context = trusting(self.ca_file) if secured else None
        session = open_session(place, bind_name=self.bind_dn, context=context, limit=limit)
        try:
            if self.start_tls and context is not None:
                session.start_tls(context, name=place.host, limit=limit)
            yield session
        finally:
            session.close()


def only_place(source: LdapSource) -> ServerPlace:
    """The one server of a question that is for one.

    Raises:
        NoAnswerError: There are several.
    """
    first, *others = source.places()
    if others:
        raise NoAnswerError("several servers where one is asked")
    return first

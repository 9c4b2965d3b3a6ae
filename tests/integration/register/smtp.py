"""A mail server of one thread: enough SMTP for one message after the other, with STARTTLS, TLS and LOGIN as asked."""

import base64
import socket
import ssl
import threading
from dataclasses import dataclass, field
from typing import BinaryIO, Self


@dataclass
class Mailbox:
    """What the server was sent."""

    messages: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    protected: list[bool] = field(default_factory=list)


class MailServer:
    """Listens on a port of 127.0.0.1 for as long as the block runs.

    Args:
        context: The server's certificate, where it speaks TLS.
        at_once: TLS from the first byte, not after STARTTLS.
        password: Asked for, where it is given: `user:password`.
        refuse: A recipient whom the server does not know.
    """

    def __init__(
        self,
        *,
        context: ssl.SSLContext | None = None,
        at_once: bool = False,
        password: str | None = None,
        refuse: str | None = None,
    ) -> None:
        self.box = Mailbox()
        self._context, self._at_once, self._password, self._refuse = context, at_once, password, refuse
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(60)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Waking the thread by connecting: closing a listener does not end an accept everywhere.
        self._closing = True
        with socket.create_connection(("127.0.0.1", self.port)):
            self._thread.join(60)
        self._listener.close()

    _closing = False

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self._closing:
                    return
                connection.settimeout(60)
                try:
                    self._session(connection).talk()
                except (OSError, EOFError):
                    continue

    def _session(self, connection: socket.socket) -> "Session":
        if self._at_once and self._context:
            connection = self._context.wrap_socket(connection, server_side=True)
        return Session(
            connection=connection,
            box=self.box,
            context=None if self._at_once else self._context,
            password=self._password,
            refuse=self._refuse,
            protected=self._at_once,
        )


@dataclass
class Session:
    """One client, from its greeting to its leaving."""

    connection: socket.socket
    box: Mailbox
    context: ssl.SSLContext | None
    password: str | None
    refuse: str | None
    protected: bool

    def talk(self) -> None:
        lines: BinaryIO = self.connection.makefile("rb")
        self._say("220 mail ready")
        while line := lines.readline():
            command, _, rest = line.decode().strip().partition(" ")
            match command.upper():
                case "STARTTLS":
                    lines = self._secure()
                case "DATA":
                    self._take(lines)
                case "QUIT":
                    self._say("221 bye")
                    self.connection.close()
                    return
                case other:
                    self._answer(other, rest)

    def _answer(self, command: str, rest: str) -> None:
        match command:
            case "EHLO":
                offers = ["250-mail", *(["250-STARTTLS"] if self.context else [])]
                self._say("\r\n".join([*offers, *(["250-AUTH PLAIN"] if self.password else []), "250 8BITMIME"]))
            case "AUTH":
                said = base64.b64decode(rest.split(" ")[1]).decode().strip("\0").replace("\0", ":")
                self.box.logins.append(said)
                self._say("235 ok" if said == self.password else "535 wrong password")
            case "RCPT" if f"<{self.refuse}>" in rest:
                self._say("550 nobody of that name")
            case "RCPT":
                self.box.recipients.append(rest.partition("<")[2].partition(">")[0])
                self._say("250 ok")
            case _:
                self._say("250 ok")

    def _secure(self) -> BinaryIO:
        assert self.context is not None
        self._say("220 go on")
        self.connection = self.context.wrap_socket(self.connection, server_side=True)
        self.context, self.protected = None, True
        return self.connection.makefile("rb")

    def _take(self, lines: BinaryIO) -> None:
        self._say("354 go on")
        content: list[bytes] = []
        while (part := lines.readline()) not in (b".\r\n", b""):
            content.append(part.removeprefix(b"."))
        self.box.messages.append(b"".join(content))
        self.box.protected.append(self.protected)
        self._say("250 ok")

    def _say(self, answer: str) -> None:
        self.connection.sendall(f"{answer}\r\n".encode())

"""Sends one message to a mail server, with TLS where it is asked for. What the message says is not decided here."""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import StrEnum

from orchestrator.errors import SendError

DOMAIN = "reprise.invalid"
"""Of message ids: the name of this machine is nobody's business."""


class Security(StrEnum):
    """How the way to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mail server, who writes through it and who is written to.

    With TLS, the server's certificate must be that of its name.
    """

    host: str
    port: int
    security: Security
    sender: str
    recipients: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """What errors call it."""
        return f"e-mail to {', '.join(self.recipients)}"

    def draft(self, subject: str, *, at: datetime, message_id: str | None = None) -> EmailMessage:
        """A message to all of them, with everything but its content.

        Args:
            subject: One line; what follows a line break is left out.
            at: When it is sent, in UTC.
            message_id: Without its brackets and domain, the same each time it is sent again; None: a new one.
        """
        message = EmailMessage()
        message["Subject"] = subject.partition("\n")[0]
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{message_id}@{DOMAIN}>" if message_id else make_msgid(domain=DOMAIN)
        return message

    def send(self, message: EmailMessage, *, timeout_s: float) -> None:
        """Send one message to all of them.

        Args:
            message: Complete.
            timeout_s: How long each answer of the server is waited for.

        Raises:
            SendError: It did not take it, or not for all of them. Nothing was said in the clear that was to be secret.
        """
        try:
            with self._connected(timeout_s) as server:
                if self.user is not None and self.password is not None:
                    server.login(self.user, self.password)
                refused = server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise SendError(f"{self.label}: {self.host}:{self.port}: {_words(error)}") from error
        if refused:
            raise SendError(f"{self.label}: {self.host}:{self.port} refused {', '.join(sorted(refused))}")

    def _connected(self, timeout_s: float) -> smtplib.SMTP:
        match self.security:
            case Security.TLS:
                context = ssl.create_default_context()
                return smtplib.SMTP_SSL(self.host, self.port, timeout=timeout_s, context=context)
            case Security.STARTTLS:
                return _secured(smtplib.SMTP(self.host, self.port, timeout=timeout_s))
            case Security.NONE:
                return smtplib.SMTP(self.host, self.port, timeout=timeout_s)


def _secured(server: smtplib.SMTP) -> smtplib.SMTP:
    """Ask for TLS. A server that offers none is left at once: nothing is sent in the clear that was to be protected."""
    try:
        server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return server


def _words(error: OSError | smtplib.SMTPException) -> str:
    """What the server said, without what was sent to it."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return f"{error.smtp_code} {text}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"refused {', '.join(sorted(error.recipients))}"
    return str(error) or type(error).__name__

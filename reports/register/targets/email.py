"""Publishes checkpoints by e-mail: the note, byte for byte, and its time-stamp as attachments."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import StrEnum

from orchestrator.errors import PublishError
from reports.register.publish import Bulletin

TIMEOUT_SECONDS = 30


class Security(StrEnum):
    """How the way to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTarget:
    """A mail server and who is written to. With TLS, the server's certificate must be that of its name."""

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

    def deliver(self, bulletin: Bulletin) -> None:
        """Send one message to all of them; see `publish.Target`."""
        try:
            with self._connected() as server:
                if self.user is not None and self.password is not None:
                    server.login(self.user, self.password)
                refused = server.send_message(self._message(bulletin))
        except (OSError, smtplib.SMTPException) as error:
            raise PublishError(f"{self.label}: {self.host}:{self.port}: {_words(error)}") from error
        if refused:
            raise PublishError(f"{self.label}: {self.host}:{self.port} refused {', '.join(sorted(refused))}")

    def _connected(self) -> smtplib.SMTP:
        match self.security:
            case Security.TLS:
                context = ssl.create_default_context()
                return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
            case Security.STARTTLS:
                server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
                return _secured(server)
            case Security.NONE:
                return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)

    def _message(self, bulletin: Bulletin) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = f"[reprise] {bulletin.title}"
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message["Date"] = format_datetime(bulletin.at)
        message["Message-ID"] = make_msgid(domain="reprise.invalid")
        message.set_content(_TEXT)
        for name, content in bulletin.files.items():
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        return message


_TEXT = """\
Keep the attached checkpoint. With it you can show, years later, whether the register of recovery
drills that it speaks for was shortened, altered or written again:

    reprise register verify register/ --key register.pub.pem --since <this checkpoint>

Conservez le point de contrôle joint : il permet d'établir, des années plus tard, si le registre
des exercices a été raccourci, modifié ou réécrit.
"""


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

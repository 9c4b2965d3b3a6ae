"""Tells by e-mail: one plain message, with the same id each time it is sent."""

from dataclasses import dataclass

from orchestrator.core.occasions import Message
from orchestrator.secrets import Secrets
from orchestrator.sending.declared import EmailDefinition, build_mail_server
from orchestrator.sending.mail import MailServer


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailNotifier:
    """A mail server and who is written to."""

    server: MailServer

    @property
    def label(self) -> str:
        """What errors and logs call it."""
        return self.server.label

    def send(self, message: Message, *, timeout_s: float) -> None:
        """Send it; see `ports.Notifier`."""
        mail = self.server.draft(message.subject, at=message.sent_at, message_id=message.id)
        # What a machine says of itself is answered by no machine (RFC 3834).
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        self.server.send(mail, timeout_s=timeout_s)


def build(declared: EmailDefinition, *, secrets: Secrets) -> EmailNotifier:
    """Make the notifier: what the entry-point group `reprise.notifiers` points to.

    Raises:
        SecretError: One of its secrets cannot be had.
    """
    return EmailNotifier(server=build_mail_server(declared, secret=secrets.read_text))

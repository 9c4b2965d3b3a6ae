"""Publishes checkpoints by e-mail: the note, byte for byte, and its time-stamp as attachments."""

from dataclasses import dataclass
from email.message import EmailMessage

from orchestrator.errors import PublishError, SendError
from orchestrator.sending.mail import MailServer
from reports.register.publish import Bulletin

TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTarget:
    """A mail server and who is written to."""

    server: MailServer

    @property
    def label(self) -> str:
        """What errors call it."""
        return self.server.label

    def deliver(self, bulletin: Bulletin) -> None:
        """Send one message to all of them; see `publish.Target`."""
        try:
            self.server.send(self._message(bulletin), timeout_s=TIMEOUT_SECONDS)
        except SendError as error:
            raise PublishError(str(error)) from error

    def _message(self, bulletin: Bulletin) -> EmailMessage:
        message = self.server.draft(f"[reprise] {bulletin.title}", at=bulletin.at)
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

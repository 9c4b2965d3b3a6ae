"""Publishes checkpoints to a webhook: one POST, signed."""

import base64
from dataclasses import dataclass

from orchestrator.core.canonical import canonical
from orchestrator.errors import PublishError, SendError
from orchestrator.sending.webhook import Webhook
from reports.register.publish import Bulletin, BulletinDocument

TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTarget:
    """An address that takes POST requests."""

    webhook: Webhook

    @property
    def label(self) -> str:
        """What errors call it."""
        return self.webhook.label

    def deliver(self, bulletin: Bulletin) -> None:
        """Send the document; see `publish.Target`."""
        try:
            self.webhook.send(canonical(_document(bulletin)), timeout_s=TIMEOUT_SECONDS)
        except SendError as error:
            raise PublishError(str(error)) from error


def _document(bulletin: Bulletin) -> BulletinDocument:
    head = bulletin.checkpoint.checkpoint
    return BulletinDocument(
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        checkpoint=bulletin.checkpoint.content.decode(),
        timestamp=None if bulletin.token is None else base64.b64encode(bulletin.token).decode(),
    )

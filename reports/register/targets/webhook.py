"""Publishes checkpoints to a webhook: one POST, with a signature by which the other side knows who sent it."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from orchestrator.core.canonical import canonical
from orchestrator.errors import PublishError
from reports.register.publish import Bulletin, BulletinDocument

SIGNATURE = "X-Reprise-Signature"
"""`sha256=` and the HMAC-SHA256 of the body with the secret, in hexadecimal."""
TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTarget:
    """An address that takes POST requests. Of it, errors name the host alone: the rest may be a secret."""

    url: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def label(self) -> str:
        """What errors call it."""
        return f"webhook {urlsplit(self.url).hostname}"

    def deliver(self, bulletin: Bulletin) -> None:
        """Send the document; see `publish.Target`."""
        body = canonical(_document(bulletin))
        headers = {"Content-Type": "application/json", SIGNATURE: sign_body(body, secret=self.secret)}
        try:
            # A redirection would hand the signed body to somebody who was not named.
            answer = requests.post(self.url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            # What requests says repeats the whole address.
            raise PublishError(f"{self.label}: {_words(error)}") from None
        if not 200 <= answer.status_code < 300:
            raise PublishError(f"{self.label}: it answered {answer.status_code} {answer.reason}")


def sign_body(body: bytes, *, secret: str) -> str:
    """What the signature header says of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _document(bulletin: Bulletin) -> BulletinDocument:
    head = bulletin.checkpoint.checkpoint
    return BulletinDocument(
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        checkpoint=bulletin.checkpoint.content.decode(),
        timestamp=None if bulletin.token is None else base64.b64encode(bulletin.token).decode(),
    )


def _words(error: requests.RequestException) -> str:
    match error:
        case requests.exceptions.SSLError():
            return "its certificate cannot be trusted"
        case requests.Timeout():
            return f"no answer within {TIMEOUT_SECONDS} s"
        case requests.ConnectionError():
            return "it cannot be reached"
        case _:
            return "the address cannot be used"

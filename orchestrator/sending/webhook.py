"""Sends one signed document to a webhook: a POST, with a signature by which the other side knows who sent it."""

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from orchestrator.errors import SendError

SIGNATURE = "X-Reprise-Signature"
"""`sha256=` and the HMAC-SHA256 of the body with the secret, in hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that takes POST requests. Of it, errors name the host alone: the rest may be a secret."""

    url: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def label(self) -> str:
        """What errors call it."""
        return f"webhook {urlsplit(self.url).hostname}"

    def send(self, body: bytes, *, timeout_s: float) -> None:
        """Send a JSON document.

        Args:
            body: Its exact bytes, which are signed.
            timeout_s: How long each answer is waited for.

        Raises:
            SendError: It was not taken.
        """
        headers = {"Content-Type": "application/json", SIGNATURE: sign_body(body, secret=self.secret)}
        try:
            # A redirection would hand the signed body to somebody who was not named.
            answer = requests.post(self.url, data=body, headers=headers, timeout=timeout_s, allow_redirects=False)
        except requests.RequestException as error:
            # What requests says repeats the whole address.
            raise SendError(f"{self.label}: {_words(error, timeout_s)}") from None
        if not 200 <= answer.status_code < 300:
            raise SendError(f"{self.label}: it answered {answer.status_code} {answer.reason}")


def sign_body(body: bytes, *, secret: str) -> str:
    """What the signature header says of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _words(error: requests.RequestException, timeout_s: float) -> str:
    match error:
        case requests.exceptions.SSLError():
            return "its certificate cannot be trusted"
        case requests.Timeout():
            return f"no answer within {timeout_s:g} s"
        case requests.ConnectionError():
            return "it cannot be reached"
        case _:
            return "the address cannot be used"

"""Tells a webhook: the message as JSON, signed. The instant and the id within it keep it from being played again."""

from dataclasses import dataclass

from orchestrator.core.canonical import canonical
from orchestrator.core.occasions import Message
from orchestrator.secrets import Secrets
from orchestrator.sending.declared import WebhookDefinition, build_webhook
from orchestrator.sending.webhook import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookNotifier:
    """An address that takes POST requests."""

    webhook: Webhook

    @property
    def label(self) -> str:
        """What errors and logs call it."""
        return self.webhook.label

    def send(self, message: Message, *, timeout_s: float) -> None:
        """Send it; see `ports.Notifier`."""
        self.webhook.send(canonical(message), timeout_s=timeout_s)


def build(declared: WebhookDefinition, *, secrets: Secrets) -> WebhookNotifier:
    """Make the notifier: what the entry-point group `reprise.notifiers` points to.

    Raises:
        SecretError: One of its secrets cannot be had.
    """
    return WebhookNotifier(webhook=build_webhook(declared, secret=secrets.read_text))

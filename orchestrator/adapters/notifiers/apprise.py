"""Tells chat and paging services through the library Apprise. Their addresses are secrets, and are never said."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

from orchestrator.core.occasions import QUIET, Message, OccasionName
from orchestrator.errors import SendError
from orchestrator.notifying import AppriseDefinition
from orchestrator.secrets import Secrets

_GRAVE = frozenset({OccasionName.FAILED, OccasionName.CLEANUP_FAILED, OccasionName.MISSED, OccasionName.UNSEALED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseNotifier:
    """Some services, told one after the other. Errors call each by its kind: `Slack (2)`."""

    services: Sequence[Any] = field(repr=False)
    names: Sequence[str]

    @property
    def label(self) -> str:
        """What errors and logs call it."""
        return f"apprise: {', '.join(self.names)}"

    def send(self, message: Message, *, timeout_s: float) -> None:
        """Send it; see `ports.Notifier`."""
        failed = [
            name
            for name, service in zip(self.names, self.services, strict=True)
            if not _told(service, message, timeout_s=timeout_s)
        ]
        if failed:
            raise SendError(f"{self.label}: not taken by {', '.join(failed)}", hint="try its address by hand")


def build(declared: AppriseDefinition, *, secrets: Secrets) -> AppriseNotifier:
    """Make the notifier: what the entry-point group `reprise.notifiers` points to.

    Raises:
        SecretError: The addresses cannot be had, or others can read them too.
        SendError: One of them means nothing to Apprise.
    """
    place = declared.reference
    text = secrets.read_text(place)
    urls = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    # What it logs of an address is not ours to print, and would go to the error output where nobody listens.
    quiet = logging.getLogger("apprise")
    quiet.propagate = False
    quiet.addHandler(logging.NullHandler())
    services = [_service(url, place=f"{place}, address {number}") for number, url in enumerate(urls, start=1)]
    if not services:
        raise SendError(f"apprise: {place} holds no address", hint="one a line, such as mattermost://host/token")
    kinds = [str(service.service_name) for service in services]
    return AppriseNotifier(services=services, names=[f"{kind} ({n})" for n, kind in enumerate(kinds, start=1)])


def _service(url: str, *, place: str) -> Any:
    asset = AppriseAsset(app_id="reprise", app_desc="reprise", app_url="", secure_logging=True)
    service = Apprise.instantiate(url, asset=asset)
    if service is None:
        raise SendError(f"apprise: {place}: it means nothing to Apprise", hint="see its list of services")
    if not service.verify_certificate:
        raise SendError(f"apprise: {place}: verify=no", hint="a service whose certificate is not looked at is not told")
    return service


def _told(service: Any, message: Message, *, timeout_s: float) -> bool:
    service.socket_connect_timeout = service.socket_read_timeout = timeout_s
    told = service.notify(
        title=message.subject, body=message.text, notify_type=_kind(message), body_format=NotifyFormat.TEXT
    )
    return told is True


def _kind(message: Message) -> NotifyType:
    if _GRAVE.intersection(message.occasions):
        return NotifyType.FAILURE
    if OccasionName.PASSED in message.occasions:
        return NotifyType.SUCCESS
    return NotifyType.INFO if QUIET.issuperset(message.occasions) else NotifyType.WARNING

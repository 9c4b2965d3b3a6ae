"""Tells chat and paging services through the library Apprise. Their addresses are secrets, and are never said."""

import logging
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

from orchestrator.core.occasions import QUIET, Message, OccasionName
from orchestrator.errors import SendError
from orchestrator.notifying import AppriseDefinition

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


def build(declared: AppriseDefinition, *, root: Path, environ: Mapping[str, str]) -> AppriseNotifier:
    """Make the notifier: what the entry-point group `reprise.notifiers` points to.

    Raises:
        SendError: The addresses cannot be read, others can read them too, or one of them means nothing to Apprise.
    """
    place, text = _written(declared, root=root, environ=environ)
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


def _written(declared: AppriseDefinition, *, root: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """Where the addresses are, and what is written there."""
    if declared.urls_file is None:
        name = declared.urls_env or ""
        return name, environ[name]
    path = root / declared.urls_file
    try:
        return str(path), _private(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SendError(f"apprise: {path}: cannot be read: {error}", hint="one address a line, in UTF-8") from error


def _private(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise SendError(f"apprise: {path}: others can read it", hint=f"chmod 600 {path}")
        return file.read()


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

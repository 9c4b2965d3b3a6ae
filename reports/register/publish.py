"""Hands a checkpoint to others: what many hold nobody takes back alone. How each is reached is in `targets/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from orchestrator.core.model import SHA256, Record
from orchestrator.errors import RepriseError
from reports.register.checkpoint import SignedCheckpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """A checkpoint on its way: its bytes, never changed, and the time-stamp over them where there is one."""

    checkpoint: SignedCheckpoint
    token: bytes | None
    at: datetime
    """When it is sent, in UTC."""

    @property
    def files(self) -> dict[str, bytes]:
        """Its files by the names that they have in the register too."""
        name = f"{self.checkpoint.size:012}"
        stamped = {} if self.token is None else {f"{name}.tsr": self.token}
        return {f"{name}.note": self.checkpoint.content, **stamped}

    @property
    def title(self) -> str:
        """What it is, on one line."""
        head = self.checkpoint.checkpoint
        return f"{head.origin}: checkpoint of {head.size} entries"


class BulletinDocument(Record):
    """A bulletin as JSON: what a webhook is sent."""

    format: Literal["reprise/checkpoint/v1"] = "reprise/checkpoint/v1"
    origin: str
    size: int
    root: SHA256
    checkpoint: str
    timestamp: str | None
    """The time-stamp token (RFC 3161, DER, base 64) over the bytes of `checkpoint`, where there is one."""


class Target(Protocol):
    """Somebody who is handed checkpoints."""

    @property
    def label(self) -> str:
        """What errors call it. Never a secret."""
        ...

    def deliver(self, bulletin: Bulletin) -> None:
        """Hand it over. Doing it again changes nothing there.

        Raises:
            PublishError: It did not arrive.
            EvidenceError: Another checkpoint is there under the same number of entries.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Whether one of them has it. `fault` and `hint` say why not."""

    label: str
    fault: str | None = None
    hint: str | None = None


def publish(bulletin: Bulletin, *, targets: Sequence[Target]) -> tuple[Delivery, ...]:
    """Hand a checkpoint to everybody. One who cannot be reached does not keep the others from it."""
    return tuple(_delivered(bulletin, target=target) for target in targets)


def _delivered(bulletin: Bulletin, *, target: Target) -> Delivery:
    try:
        target.deliver(bulletin)
    except RepriseError as error:
        return Delivery(label=target.label, fault=str(error), hint=error.hint)
    return Delivery(label=target.label)

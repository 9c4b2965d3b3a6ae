"""Publishes checkpoints into a directory: a share that others hold, a disk that takes a file once (WORM)."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator.durable import write_durably
from orchestrator.errors import EvidenceError, PublishError, StoreError
from reports.register.publish import Bulletin


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryTarget:
    """A directory that is there already: one that is not mounted must not be made on the disk below."""

    path: Path

    @property
    def label(self) -> str:
        """What errors call it."""
        return f"directory {self.path}"

    def deliver(self, bulletin: Bulletin) -> None:
        """Write the files that are not there yet; see `publish.Target`."""
        for name, content in bulletin.files.items():
            write_once(self.path / name, content)


def write_once(file: Path, content: bytes) -> None:
    """Write a file that never changes.

    Raises:
        PublishError: It cannot be written.
        EvidenceError: It is there with other content.
    """
    try:
        if file.exists():
            known = file.read_bytes()
        else:
            write_durably(file, content)
            known = content
    except (OSError, StoreError) as error:
        hint = "make it, mount it, or let this account write there"
        raise PublishError(f"{file.parent}: nothing can be published there: {error}", hint=hint) from error
    if known != content and file.suffix == ".note":
        hint = "keep both: together they prove that the register was forked"
        raise EvidenceError(f"{file}: another checkpoint was published for as many entries", hint=hint)

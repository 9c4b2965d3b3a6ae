"""What the register proves for the period, and how far it reaches. Pure."""

from collections import Counter
from collections.abc import Sequence

from orchestrator.core.canonical import sha256
from orchestrator.core.model import SHA256, Record
from reports.dossier.extract import format_entries, read_head
from reports.dossier.period import Period
from reports.register.checkpoint import Checkpoint
from reports.register.entries import GENESIS, RegisterEntry
from reports.register.tree import Tree


class CheckpointExtract(Record):
    """What the body of a checkpoint says (C2SP tlog-checkpoint): whose log, how long, and the root of its tree."""

    origin: str
    size: int
    root_sha256: SHA256


class RegisterProof(Record):
    """The register's extract, pinned; and whether the checkpoint's root is that of the lines which it counts."""

    lines: int
    sha256: SHA256
    """Of the extract's bytes."""
    head: SHA256
    """The digest of its last line: what one more line would have to begin with."""
    root_sha256: SHA256
    """Of the tree over all lines of the extract."""
    first_line: int | None
    last_line: int | None
    """The lines that were entered within the period; None where there was none."""
    kinds: dict[str, int]
    """How many lines of each kind were entered within the period."""
    checkpoint: CheckpointExtract | None
    checkpoint_sha256: SHA256 | None
    """Of the checkpoint's whole text, signatures included."""
    holds: bool
    """There is a checkpoint, and its root is that of the extract's first `size` lines."""
    beyond: int
    """Lines that no checkpoint covers: their end could be cut without a trace."""


def build_proof(entries: Sequence[RegisterEntry], *, checkpoint: str | None, period: Period) -> RegisterProof:
    """Pin the register as it is.

    Args:
        entries: All of them, from the first.
        checkpoint: The text of the latest signed checkpoint.
        period: Of the dossier.

    Raises:
        EvidenceError: The checkpoint is none.
    """
    own = [entry for entry in entries if period.holds(entry.at)]
    head = read_head(checkpoint) if checkpoint is not None else None
    tree = _grow(entries)
    holds = head is not None and head.size <= tree.size and tree.root(head.size) == head.root
    return RegisterProof(
        lines=len(entries),
        sha256=sha256(format_entries(entries)),
        head=entries[-1].digest if entries else GENESIS,
        root_sha256=tree.root().hex(),
        first_line=own[0].seq if own else None,
        last_line=own[-1].seq if own else None,
        kinds=dict(sorted(Counter(entry.event.type for entry in own).items())),
        checkpoint=_extract(head) if head else None,
        checkpoint_sha256=sha256(checkpoint.encode()) if checkpoint is not None else None,
        holds=holds,
        beyond=len(entries) - head.size if holds and head else len(entries),
    )


def _grow(entries: Sequence[RegisterEntry]) -> Tree:
    tree = Tree()
    for entry in entries:
        tree.append(entry.line)
    return tree


def _extract(head: Checkpoint) -> CheckpointExtract:
    return CheckpointExtract(origin=head.origin, size=head.size, root_sha256=head.root.hex())

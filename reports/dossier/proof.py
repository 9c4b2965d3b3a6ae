"""What the register proves for the period, and how far it reaches. Pure."""

from collections import Counter
from collections.abc import Sequence

from orchestrator.core.canonical import sha256
from orchestrator.core.model import SHA256, Record
from reports.dossier.extract import Checkpoint, format_entries, parse_checkpoint, tree_root
from reports.dossier.period import Period
from reports.register.entries import GENESIS, RegisterEntry


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
    checkpoint: Checkpoint | None
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
    read = parse_checkpoint(checkpoint) if checkpoint is not None else None
    covered = read is not None and read.size <= len(entries)
    holds = covered and read is not None and tree_root(entries[: read.size]) == read.root_sha256
    return RegisterProof(
        lines=len(entries),
        sha256=sha256(format_entries(entries)),
        head=entries[-1].digest if entries else GENESIS,
        root_sha256=tree_root(entries),
        first_line=own[0].seq if own else None,
        last_line=own[-1].seq if own else None,
        kinds=dict(sorted(Counter(entry.event.type for entry in own).items())),
        checkpoint=read,
        checkpoint_sha256=sha256(checkpoint.encode()) if checkpoint is not None else None,
        holds=holds,
        beyond=len(entries) - read.size if holds and read else len(entries),
    )

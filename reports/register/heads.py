"""The checkpoints that entries are compared with: who signed which, and what is wrong with those nobody did. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.errors import EvidenceError
from reports.register.checkpoint import Cosignature, SignedCheckpoint, parse_checkpoint, read_checkpoint
from reports.register.findings import FaultCode, Finding
from reports.register.note import Note, VerifierKey, parse_note


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that somebody kept elsewhere: what he calls it, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """The checkpoints that a trusted key signed, with what was found about all."""

    own: tuple[SignedCheckpoint, ...]
    """Those of the directory, in the order of their sizes."""
    kept: tuple[tuple[str, SignedCheckpoint], ...]
    """Those kept elsewhere, by what they are called."""
    cosigned: tuple[tuple[int, Cosignature], ...]
    findings: tuple[Finding, ...]
    named: tuple[tuple[str, SignedCheckpoint], ...]
    """All of them, each with its name."""

    @property
    def origin(self) -> str | None:
        """The register's name."""
        return self.own[0].checkpoint.origin if self.own else None


def read_heads(
    *,
    notes: Mapping[int, bytes],
    newest: bytes,
    cosigned: Mapping[int, bytes],
    kept: Sequence[Kept],
    keys: Sequence[Ed25519PublicKey],
    witnesses: Sequence[VerifierKey],
    origin: str | None,
) -> Heads:
    """Read every checkpoint that there is. All must be of one register: the one asked for, or the first one's."""
    reader = _Reader(keys=keys, origin=origin)
    numbered = [reader.read(f"checkpoints/{size:012}.note", content) for size, content in sorted(notes.items())]
    current = reader.read("checkpoint", newest) if newest else None
    outside = [(one.name, reader.read(one.name, one.content)) for one in kept]
    seen = [(f"cosigned/{size:012}.note", content) for size, content in sorted(cosigned.items())]
    copies = [(name, reader.read(name, content)) for name, content in seen]
    own = [head for head in (*numbered, current) if head]
    known_kept = [(name, head) for name, head in outside if head]
    known_copies = [(name, head) for name, head in copies if head]
    misnamed = _misnamed(notes, numbered)
    dated, forged = _cosigned(known_copies, witnesses=witnesses)
    names = [(f"checkpoints/{head.size:012}.note", head) for head in numbered if head]
    return Heads(
        own=tuple(sorted(own, key=lambda head: head.size)),
        kept=tuple(known_kept),
        cosigned=dated,
        findings=(*reader.findings, *misnamed, *forged, *_newest(newest, current=current, numbered=numbered)),
        named=(*names, *([("checkpoint", current)] if current else []), *known_copies, *known_kept),
    )


class _Reader:
    """Reads checkpoints one after the other, and remembers what was wrong."""

    def __init__(self, *, keys: Sequence[Ed25519PublicKey], origin: str | None) -> None:
        self._keys, self._origin = keys, origin
        self.findings: list[Finding] = []

    def read(self, name: str, content: bytes) -> SignedCheckpoint | None:
        try:
            note = parse_note(content)
            parse_checkpoint(note.text)
        except EvidenceError as error:
            self._refuse(FaultCode.CHECKPOINT_MALFORMED, name, error)
            return None
        try:
            head = read_checkpoint(content, keys=self._keys, origin=self._origin)
        except EvidenceError as error:
            self._refuse(self._reason(note), name, error)
            return None
        self._origin = head.checkpoint.origin
        return head

    def _reason(self, note: Note) -> FaultCode:
        """A line in the name of a trusted key that does not hold, or no line in the name of any."""
        origin = note.text.partition("\n")[0]
        ours = [VerifierKey(origin, key) for key in self._keys]
        claimed = self._origin in (None, origin) and any(line.is_of(key) for line in note.signatures for key in ours)
        return FaultCode.CHECKPOINT_FORGED if claimed else FaultCode.CHECKPOINT_FOREIGN

    def _refuse(self, code: FaultCode, name: str, error: EvidenceError) -> None:
        self.findings.append(Finding(code=code, subject=name, detail=str(error)))


def _misnamed(notes: Mapping[int, bytes], read: Sequence[SignedCheckpoint | None]) -> Iterator[Finding]:
    for size, head in zip(sorted(notes), read, strict=True):
        if head is not None and head.size != size:
            detail = f"it speaks for {head.size} entries"
            yield Finding(code=FaultCode.CHECKPOINT_FORGED, subject=f"checkpoints/{size:012}.note", detail=detail)


def _newest(
    newest: bytes, *, current: SignedCheckpoint | None, numbered: Sequence[SignedCheckpoint | None]
) -> Iterator[Finding]:
    largest = max((head.size for head in numbered if head), default=None)
    if not newest:
        detail = "there is none" if largest is None else f"it is not there; one of {largest} entries was signed"
        yield Finding(code=FaultCode.CHECKPOINT_MISSING, subject="checkpoint", detail=detail)
    elif current is not None and (largest is None or largest < current.size):
        subject = f"checkpoints/{current.size:012}.note"
        detail = "it is not there, though the newest checkpoint is of that size"
        yield Finding(code=FaultCode.CHECKPOINT_MISSING, subject=subject, detail=detail)
    elif current is not None and largest is not None and current.size < largest:
        detail = f"it speaks for {current.size} entries; the largest that is kept speaks for {largest}"
        yield Finding(code=FaultCode.CHECKPOINT_OUTDATED, subject="checkpoint", detail=detail)


def _cosigned(
    copies: Sequence[tuple[str, SignedCheckpoint]], *, witnesses: Sequence[VerifierKey]
) -> tuple[tuple[tuple[int, Cosignature], ...], list[Finding]]:
    dated: list[tuple[int, Cosignature]] = []
    forged: list[Finding] = []
    for name, head in copies:
        try:
            dated += [(head.size, cosignature) for cosignature in head.cosignatures(witnesses)]
        except EvidenceError as error:
            forged.append(Finding(code=FaultCode.CHECKPOINT_FORGED, subject=name, detail=str(error)))
    return tuple(dated), forged

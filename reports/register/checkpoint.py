"""The signed head of a register (https://c2sp.org/tlog-checkpoint): which register, how many entries, under which root.

Values only: where checkpoints are kept is `directory`'s, when one is signed is `log`'s.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.errors import EvidenceError
from reports.register.note import Note, SignatureType, VerifierKey, cosign_text, parse_note, sign_text
from reports.signers import Signer

ORIGIN = "reprise.invalid/register/"
"""What the name of every register begins with. A name, not a place: `.invalid` never resolves (RFC 2606)."""
_TEXT = re.compile(r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/]{43}=)\n")


def origin_of(project: str) -> str:
    """The name of a project's register. What a note's key name cannot hold is percent-encoded."""
    return ORIGIN + quote(project, safe="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What is signed: the register's name, its number of entries, the root of the tree over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness saw this checkpoint at this instant, as the continuation of what he had seen before."""

    witness: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signatures. Made by `sign_checkpoint` and `read_checkpoint` only: its signature holds."""

    checkpoint: Checkpoint
    note: Note

    @property
    def size(self) -> int:
        """How many entries it speaks for."""
        return self.checkpoint.size

    @property
    def content(self) -> bytes:
        """The note as it is in a file."""
        return self.note.content

    def cosigned(self, *, witness: str, signer: Signer, at: datetime) -> "SignedCheckpoint":
        """The same with a witness's signature, in place of an older one of the same key.

        Raises:
            EvidenceError: The witness's key or name cannot be used.
        """
        line = cosign_text(self.note.text, name=witness, signer=signer, at=at)
        others = [old for old in self.note.signatures if (old.name, old.key_id) != (line.name, line.key_id)]
        return replace(self, note=replace(self.note, signatures=(*others, line)))

    def merged(self, other: Note) -> "SignedCheckpoint":
        """The same with the signature lines that another copy of it has besides.

        Raises:
            EvidenceError: It is a copy of something else.
        """
        if other.text != self.note.text:
            raise EvidenceError("it is not the same checkpoint")
        known = {(line.name, line.key_id) for line in self.note.signatures}
        new = [line for line in other.signatures if (line.name, line.key_id) not in known]
        return replace(self, note=replace(self.note, signatures=(*self.note.signatures, *new)))

    def cosignatures(self, witnesses: Sequence[VerifierKey]) -> tuple[Cosignature, ...]:
        """Which of these witnesses cosigned it, and when.

        Raises:
            EvidenceError: A signature in the name of one of them is not his.
        """
        keys = [key for key in witnesses if key.type is SignatureType.COSIGNATURE]
        signed = self.note.signed_by(keys)
        return tuple(Cosignature(key.name, datetime.fromtimestamp(line.seconds, UTC)) for key, line in signed)


def sign_checkpoint(checkpoint: Checkpoint, *, signer: Signer) -> SignedCheckpoint:
    """Sign a checkpoint under its register's own name.

    Raises:
        EvidenceError: The key cannot be used.
    """
    line = sign_text(checkpoint.text, name=checkpoint.origin, signer=signer)
    return SignedCheckpoint(checkpoint, Note(checkpoint.text, (line,)))


def read_checkpoint(content: bytes, *, keys: Sequence[Ed25519PublicKey], origin: str | None = None) -> SignedCheckpoint:
    """Read a checkpoint that one of these keys signed.

    Args:
        content: The note.
        keys: The keys that this register may be signed with.
        origin: The name that it must bear, where the caller knows it.

    Raises:
        EvidenceError: It is not a checkpoint in its one form, none of the keys signed it, or it is of another register.
    """
    note = parse_note(content)
    checkpoint = parse_checkpoint(note.text)
    if origin not in (None, checkpoint.origin):
        raise EvidenceError(f"it is a checkpoint of {checkpoint.origin}, not of {origin}")
    if not note.signed_by([VerifierKey(checkpoint.origin, key) for key in keys]):
        raise EvidenceError("no key that is trusted here signed it")
    return SignedCheckpoint(checkpoint, note)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the three lines. A checkpoint of ours has no others.

    Raises:
        EvidenceError: They are not those of a checkpoint in its one form.
    """
    match = _TEXT.fullmatch(text)
    root = base64.b64decode(match["root"]) if match else b""
    if match is None or base64.b64encode(root).decode() != match["root"]:
        raise EvidenceError("it is not a checkpoint: name, number of entries and root, each on a line, and no more")
    return Checkpoint(origin=match["origin"], size=int(match["size"]), root=root)

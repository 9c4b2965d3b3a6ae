"""A witness, on another machine: signs a checkpoint too, where it continues what he saw before, and nothing else.

What he is sent has the form of https://c2sp.org/tlog-witness: the size that he saw last, the proof, the checkpoint.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.core.ports import Clock
from orchestrator.durable import write_durably
from orchestrator.errors import EvidenceError, StoreError
from orchestrator.locks import locked
from reports.register.checkpoint import SignedCheckpoint, read_checkpoint
from reports.register.tree import check_consistency
from reports.register.view import RegisterView
from reports.signers import Signer

_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a witness is sent: a checkpoint, and the proof that it continues the one of `earlier` entries."""

    earlier: int
    path: tuple[bytes, ...]
    note: bytes

    @property
    def content(self) -> bytes:
        """As it is in a file."""
        hashes = "".join(f"{base64.b64encode(digest).decode()}\n" for digest in self.path)
        return f"old {self.earlier}\n{hashes}\n".encode() + self.note


def build_submission(register: RegisterView, *, earlier: int) -> Submission:
    """Prove to a witness who saw `earlier` entries that the newest checkpoint continues them.

    Raises:
        EvidenceError: The register has fewer entries.
    """
    return Submission(earlier=earlier, path=register.consistency(earlier), note=register.checkpoint.content)


def parse_submission(content: bytes) -> Submission:
    """Read what a witness is sent.

    Raises:
        EvidenceError: It is not of that form.
    """
    head, separator, note = content.partition(b"\n\n")
    try:
        first, *hashes = head.decode("ascii").split("\n")
        path = tuple(base64.b64decode(text, validate=True) for text in hashes)
    except (UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise EvidenceError("it is nothing that a witness can be sent: its proof is not base 64") from error
    match = _OLD.fullmatch(first)
    if match is None or not separator:
        hint = "`reprise register checkpoint --from <size>` makes it"
        raise EvidenceError("it is nothing that a witness can be sent", hint=hint)
    return Submission(earlier=int(match[1]), path=path, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A witness with his key, and his memory: the newest checkpoint of each register that he signed."""

    name: str
    signer: Signer
    keys: Sequence[Ed25519PublicKey]
    """The public keys of the registers that he watches, got from those who keep them."""
    memory: Path
    clock: Clock

    def seen(self, origin: str) -> SignedCheckpoint | None:
        """What he saw last of a register.

        Raises:
            EvidenceError: His memory cannot be read.
        """
        file = self._file(origin)
        if not file.exists():
            return None
        try:
            return read_checkpoint(file.read_bytes(), keys=self.keys, origin=origin)
        except (OSError, EvidenceError) as error:
            raise EvidenceError(f"{file}: what was seen before cannot be read: {error}") from error

    def cosign(self, submission: Submission) -> SignedCheckpoint:
        """Sign a checkpoint that continues what was seen before, and remember it first.

        Raises:
            EvidenceError: None of the keys signed it; it is older than what was seen; or it does not continue it.
                What speaks against the register is kept in the memory, as proof.
            StoreError: The memory cannot be written: then nothing is signed.
        """
        offered = read_checkpoint(submission.note, keys=self.keys)
        origin = offered.checkpoint.origin
        self._make_memory()
        with locked([self._file(origin).stem], directory=self.memory, holder=self.name):
            seen = self.seen(origin)
            if seen is not None:
                self._compare(offered, seen, submission=submission)
            elif submission.earlier:
                raise EvidenceError(f"{origin}: it was never seen here", hint="send it with the proof from size 0")
            signed = offered.cosigned(witness=self.name, signer=self.signer, at=self.clock.now())
            write_durably(self._file(origin), signed.content)
        return signed

    def _compare(self, offered: SignedCheckpoint, seen: SignedCheckpoint, *, submission: Submission) -> None:
        name = offered.checkpoint.origin
        if offered.size < seen.size:
            fault = f"{name}: rolled back: {seen.size} entries were seen, and {offered.size} are offered"
            raise EvidenceError(
                fault, hint="ask for the newest checkpoint; if this is the newest, entries were cut off"
            )
        if offered.size == seen.size and offered.checkpoint.root != seen.checkpoint.root:
            raise self._fork(offered, f"two registers of {seen.size} entries were signed with its key")
        if submission.earlier != seen.size:
            fault = f"{name}: the proof begins at {submission.earlier} entries, and {seen.size} were seen here"
            raise EvidenceError(fault, hint=f"make it with --from {seen.size}")
        try:
            check_consistency(
                earlier=seen.size,
                earlier_root=seen.checkpoint.root,
                later=offered.size,
                later_root=offered.checkpoint.root,
                path=submission.path,
            )
        except EvidenceError as error:
            raise self._fork(offered, f"it does not continue the {seen.size} entries seen here: {error}") from error

    def _fork(self, offered: SignedCheckpoint, what: str) -> EvidenceError:
        file = self.memory / f"{self._file(offered.checkpoint.origin).stem}.refused-{offered.size:012}.note"
        write_durably(file, offered.content)
        fault = f"{offered.checkpoint.origin}: forked: {what}"
        return EvidenceError(fault, hint=f"keep {file}: with what was seen before it is the proof")

    def _make_memory(self) -> None:
        try:
            self.memory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.memory}: {error.strerror}: a witness cannot do without memory") from error

    def _file(self, origin: str) -> Path:
        return self.memory / f"{quote(origin, safe='')}.note"


def keep_cosigned(register: RegisterView, content: bytes, *, keys: Sequence[Ed25519PublicKey]) -> SignedCheckpoint:
    """Keep what a witness signed, beside the checkpoints themselves, which never change.

    Args:
        register: The register that it speaks for.
        content: The cosigned note, as it came back.
        keys: The register's public keys.

    Raises:
        EvidenceError: It is not a checkpoint that this register signed.
        StoreError: It cannot be written.
    """
    origin = register.checkpoint.checkpoint.origin
    cosigned = read_checkpoint(content, keys=keys, origin=origin)
    whole = register.checkpoint_at(cosigned.size).merged(cosigned.note)
    file = register.directory.cosigned_note(cosigned.size)
    if file.exists():
        whole = read_checkpoint(file.read_bytes(), keys=keys, origin=origin).merged(whole.note)
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(f"{file.parent}: {error.strerror}: nothing can be kept there") from error
    write_durably(file, whole.content)
    return whole

"""Proofs that travel: that an entry is in the register which a checkpoint speaks for. Pure; nothing else is needed.

A report carries a `RunProof` in its evidence: with the register's public key, that one file shows the run in the log.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field

from orchestrator.core.model import SHA256, Record
from orchestrator.errors import EvidenceError
from reports.register.checkpoint import Checkpoint, parse_checkpoint, read_checkpoint
from reports.register.entries import DrillEnded, DrillStarted, RegisterEntry
from reports.register.note import parse_note
from reports.register.tree import check_inclusion, leaf_hash

Index = Annotated[int, Field(ge=0, lt=2**53)]


class InclusionProof(Record):
    """An entry, its place, the way from it to the root, and the checkpoint that the root is signed in."""

    entry: RegisterEntry
    index: Index
    size: Index
    hashes: tuple[SHA256, ...]
    checkpoint: str

    def verify(self, keys: Sequence[Ed25519PublicKey], *, origin: str | None = None) -> Checkpoint:
        """Check the proof, and return what it is under.

        Args:
            keys: The register's public keys, got by another way than with the proof.
            origin: The name of the register, where the caller knows it.

        Raises:
            EvidenceError: It proves nothing, and why.
        """
        signed = read_checkpoint(self.checkpoint.encode(), keys=keys, origin=origin).checkpoint
        if (self.index, self.size) != (self.entry.seq, signed.size):
            raise EvidenceError("the proof is of another place, or of another checkpoint, than it says")
        _check_entry(self.entry, self.hashes, checkpoint=signed)
        return signed


class Included(Record):
    """An entry and the way from it to the root. Its place is its number, the tree that of the checkpoint beside it."""

    entry: RegisterEntry
    hashes: tuple[SHA256, ...]


class RunProof(Record):
    """That a run's beginning and its end are both in the register, under one checkpoint."""

    started: Included
    ended: Included
    checkpoint: str
    timestamp: str | None
    """The time-stamp token (RFC 3161, DER, base 64) over the bytes of `checkpoint`, where there is one."""

    @property
    def size(self) -> int:
        """How many entries the checkpoint says that there are. Nothing is known of its signature here.

        Raises:
            EvidenceError: It is no checkpoint.
        """
        return parse_checkpoint(parse_note(self.checkpoint.encode()).text).size

    @property
    def token(self) -> bytes | None:
        """The time-stamp token.

        Raises:
            EvidenceError: It is no base 64.
        """
        try:
            return None if self.timestamp is None else base64.b64decode(self.timestamp, validate=True)
        except (binascii.Error, ValueError) as error:
            raise EvidenceError("the checkpoint's time-stamp is no base 64") from error


def build_inclusion(
    entry: RegisterEntry, *, hashes: Sequence[bytes], checkpoint: Checkpoint, note: bytes
) -> InclusionProof:
    """Put an inclusion proof together, from what the tree says."""
    return InclusionProof(
        entry=entry,
        index=entry.seq,
        size=checkpoint.size,
        hashes=tuple(digest.hex() for digest in hashes),
        checkpoint=note.decode(),
    )


def build_run_proof(
    entries: Sequence[RegisterEntry], *, path: Callable[[int], Sequence[bytes]], note: bytes, token: bytes | None
) -> RunProof:
    """Put the proof of a run together.

    Args:
        entries: What the register says of this run; of all of it, the beginning and the end are proved.
        path: The way from the entry of a number to the root of the checkpoint.
        note: The bytes of the checkpoint.
        token: The time-stamp token over them, where there is one.

    Raises:
        EvidenceError: The run has not exactly one beginning and one end.
    """
    started, ended = _only(entries, DrillStarted, "beginning"), _only(entries, DrillEnded, "end")
    return RunProof(
        started=_included(started, path(started.seq)),
        ended=_included(ended, path(ended.seq)),
        checkpoint=note.decode(),
        timestamp=None if token is None else base64.b64encode(token).decode(),
    )


def check_run_proof(
    proof: RunProof, *, keys: Sequence[Ed25519PublicKey], run_id: str, origin: str | None = None
) -> Checkpoint:
    """Check that this run was begun and ended in the register, and return the checkpoint that says so.

    Whether the time-stamp holds is not looked at here. What else the entries say (plan, journal, verdict) is to be
    compared with the evidence that carries the proof.

    Args:
        proof: What the evidence carries.
        keys: The register's public keys, got by another way than with the evidence.
        run_id: The run that the evidence is of.
        origin: The name of the register, where the caller knows it.

    Raises:
        EvidenceError: It is not shown, and why.
    """
    checkpoint = read_checkpoint(proof.checkpoint.encode(), keys=keys, origin=origin).checkpoint
    started, ended = proof.started.entry.event, proof.ended.entry.event
    if not isinstance(started, DrillStarted) or not isinstance(ended, DrillEnded):
        raise EvidenceError("the proof is not of a beginning and an end")
    if (started.run_id, ended.run_id) != (run_id, run_id):
        raise EvidenceError("the proof is of another run")
    if started.plan_sha256 != ended.plan_sha256:
        raise EvidenceError("the run was ended under another plan than it was begun with")
    if proof.started.entry.seq >= proof.ended.entry.seq:
        raise EvidenceError("the run was entered as ended before it was entered as begun")
    for included in (proof.started, proof.ended):
        _check_entry(included.entry, included.hashes, checkpoint=checkpoint)
    return checkpoint


def _check_entry(entry: RegisterEntry, hashes: Sequence[str], *, checkpoint: Checkpoint) -> None:
    check_inclusion(
        leaf_hash(entry.line),
        index=entry.seq,
        size=checkpoint.size,
        path=[bytes.fromhex(digest) for digest in hashes],
        root=checkpoint.root,
    )


def _included(entry: RegisterEntry, path: Sequence[bytes]) -> Included:
    return Included(entry=entry, hashes=tuple(digest.hex() for digest in path))


def _only(entries: Sequence[RegisterEntry], kind: type[DrillStarted] | type[DrillEnded], word: str) -> RegisterEntry:
    found = [entry for entry in entries if isinstance(entry.event, kind)]
    if len(found) != 1:
        raise EvidenceError(f"the register has {len(found)} entries of this run's {word}, where there must be one")
    return found[0]

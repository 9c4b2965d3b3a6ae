"""A register as it can be read and proved from, by anybody: its newest checkpoint and the entries under it."""

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.errors import EvidenceError
from reports.register.chain import Chain
from reports.register.checkpoint import SignedCheckpoint, read_checkpoint
from reports.register.directory import RegisterDirectory, split_lines, whole_lines
from reports.register.entries import RegisterEntry
from reports.register.proof import InclusionProof, RunProof, build_inclusion, build_run_proof


class RegisterView:
    """What a checkpoint speaks for. Lines behind it are not shown: nobody has signed them yet."""

    def __init__(
        self,
        directory: RegisterDirectory,
        *,
        chain: Chain,
        checkpoint: SignedCheckpoint,
        keys: Sequence[Ed25519PublicKey],
    ) -> None:
        self.directory = directory
        self._chain = chain
        self._checkpoint = checkpoint
        self._keys = tuple(keys)

    @property
    def checkpoint(self) -> SignedCheckpoint:
        """The newest checkpoint."""
        return self._checkpoint

    def entries(self) -> tuple[RegisterEntry, ...]:
        """Everything that was entered, in order. Some 100 microseconds each.

        Raises:
            EvidenceError: A line cannot be read.
        """
        return self._chain.entries(self.checkpoint.size)

    def of_run(self, run_id: str) -> tuple[RegisterEntry, ...]:
        """Everything that was entered of a run, in order. Only these lines are parsed.

        Raises:
            EvidenceError: A line cannot be read.
        """
        found = self._chain.mentioning(run_id, size=self.checkpoint.size)
        return tuple(entry for entry in found if getattr(entry.event, "run_id", None) == run_id)

    @property
    def pending(self) -> tuple[int, ...]:
        """The numbers of entries at which a checkpoint was signed that bears no time-stamp, in order.

        Raises:
            EvidenceError: The directory cannot be read.
        """
        stamped = set(self.directory.token_sizes())
        return tuple(size for size in self.directory.sizes() if size and size not in stamped)

    def checkpoint_at(self, size: int) -> SignedCheckpoint:
        """The checkpoint that was signed at this number of entries.

        Raises:
            EvidenceError: None was, it is not signed by a key that is trusted here, or its root is another.
        """
        content = self.directory.read(self.directory.note(size))
        if not content:
            raise EvidenceError(f"{self.directory.note(size)}: no checkpoint was kept at {size} entries")
        found = _named(content, self.directory.note(size), keys=self._keys, origin=self.checkpoint.checkpoint.origin)
        check_root(found, chain=self._chain)
        return found

    def prove(self, seq: int, *, size: int | None = None) -> InclusionProof:
        """Prove that an entry is in the register.

        Args:
            seq: Its number.
            size: Under the checkpoint at this number of entries; the newest where none is given.

        Raises:
            EvidenceError: There is no such entry or no such checkpoint.
        """
        signed = self.checkpoint if size is None else self.checkpoint_at(size)
        if not 0 <= seq < signed.size:
            raise EvidenceError(f"there is no entry {seq} under the checkpoint at {signed.size} entries")
        hashes = self._chain.tree.inclusion(seq, size=signed.size)
        entry = self._chain.entry(seq)
        return build_inclusion(entry, hashes=hashes, checkpoint=signed.checkpoint, note=signed.content)

    def prove_run(self, run_id: str) -> RunProof:
        """Prove that a run was begun and ended, under the first checkpoint that has both: always the same proof.

        Raises:
            EvidenceError: It has not exactly one beginning and one end.
        """
        entries = self.of_run(run_id)
        signed = self._first_over(entries)
        return build_run_proof(
            entries,
            path=lambda seq: self._chain.tree.inclusion(seq, size=signed.size),
            note=signed.content,
            token=self.directory.read(self.directory.token(signed.size)) or None,
        )

    def consistency(self, size: int) -> tuple[bytes, ...]:
        """Prove that what an earlier checkpoint spoke for is the beginning of this register.

        Args:
            size: The number of entries of the earlier checkpoint.

        Raises:
            EvidenceError: The register has fewer entries.
        """
        if not 0 <= size <= self.checkpoint.size:
            raise EvidenceError(f"the register has {self.checkpoint.size} entries, not {size}")
        return self._chain.tree.consistency(size, later=self.checkpoint.size)

    def _first_over(self, entries: Sequence[RegisterEntry]) -> SignedCheckpoint:
        ended = [entry.seq for entry in entries if entry.event.type == "drill_ended"]
        last = ended[0] if ended else 0
        sizes = self.directory.sizes()
        position = bisect_right(sizes, last)
        return self.checkpoint_at(sizes[position]) if position < len(sizes) else self.checkpoint


def read_register(path: Path, *, keys: Sequence[Ed25519PublicKey], origin: str | None = None) -> RegisterView:
    """Read a register without changing anything, while others may be appending to it.

    Raises:
        EvidenceError: There is none, no trusted key signed it, or it is not what was signed.
    """
    directory = RegisterDirectory(path)
    # Before the entries: whatever is appended meanwhile, there are at least as many as it speaks for.
    note = directory.read(directory.checkpoint)
    if not note:
        raise EvidenceError(
            f"{path}: there is no register",
            hint="it begins with the first drill, run or planned",
        )
    signed = _named(note, directory.checkpoint, keys=keys, origin=origin)
    chain = Chain()
    chain.take(split_lines(whole_lines(directory.read(directory.log))))
    check_root(signed, chain=chain)
    return RegisterView(directory, chain=chain, checkpoint=signed, keys=keys)


def check_root(signed: SignedCheckpoint, *, chain: Chain) -> None:
    """Make sure that the entries are those that were signed.

    Raises:
        EvidenceError: There are fewer, or others.
    """
    hint = "`reprise register verify` says what happened to it"
    if chain.size < signed.size:
        missing = signed.size - chain.size
        message = f"register: {missing} of the {signed.size} entries that were signed are missing"
        raise EvidenceError(message, hint=hint)
    if chain.tree.root(signed.size) != signed.checkpoint.root:
        message = f"register: the first {signed.size} entries are not those that were signed"
        raise EvidenceError(message, hint=hint)


def _named(content: bytes, file: Path, *, keys: Sequence[Ed25519PublicKey], origin: str | None) -> SignedCheckpoint:
    try:
        return read_checkpoint(content, keys=keys, origin=origin)
    except EvidenceError as error:
        raise EvidenceError(f"{file}: {error}", hint=error.hint) from error

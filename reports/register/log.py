"""The register that is written to: an entry is on disk, and signed for, before anybody acts on it.

Several processes may append. Whenever the machine stops, what was acknowledged is there, and the next one goes on.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.core.ports import Clock
from orchestrator.durable import write_durably
from orchestrator.errors import EvidenceError, RepriseError, StoreError
from reports.register.chain import Chain
from reports.register.checkpoint import Checkpoint, SignedCheckpoint, read_checkpoint, sign_checkpoint
from reports.register.directory import RegisterDirectory, split_lines
from reports.register.entries import RegisterEntry, RegisterEvent
from reports.register.note import ed25519_key
from reports.register.tree import EMPTY_ROOT
from reports.register.view import RegisterView, check_root
from reports.signers import Signer

Stamp = Callable[[bytes], bytes]
"""Asks an authority for a time-stamp token (RFC 3161, DER) over bytes. Bounds its own time; raises a RepriseError."""


class RegisterLog(RegisterView):
    """A register with its key. Safe for threads; other processes may append to the same directory.

    Args:
        path: The directory; made where it is missing.
        origin: The register's name (`checkpoint.origin_of`).
        signer: Its Ed25519 key.
        clock: Dates the entries.
        keys: Keys that it was signed with before, where its key was replaced.
        stamp: Time-stamps each checkpoint. Called after the entry is durable and the lock is given back; where it fails
            the checkpoint stays without a time-stamp until `stamp_pending`, and no later entry waits for it again.

    Raises:
        EvidenceError: Entries are missing or others than those that were signed; the key cannot be used.
        LockedError: Others kept the register to themselves for too long.
        StoreError: The directory cannot be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        origin: str,
        signer: Signer,
        clock: Clock,
        keys: Sequence[Ed25519PublicKey] = (),
        stamp: Stamp | None = None,
    ) -> None:
        directory = RegisterDirectory(path)
        empty = sign_checkpoint(Checkpoint(origin=origin, size=0, root=EMPTY_ROOT), signer=signer)
        super().__init__(directory, chain=Chain(), checkpoint=empty, keys=(ed25519_key(signer), *keys))
        self._origin, self._signer, self._clock, self._ask = origin, signer, clock, stamp
        self._threads = threading.Lock()
        self._end, self._stale, self._away = 0, False, False
        directory.make()
        with self._held():
            self._begin(empty)
            self._catch_up(self._newest())

    def append(self, events: Sequence[RegisterEvent]) -> tuple[RegisterEntry, ...]:
        """Enter these events, one behind the other, and sign a checkpoint over them.

        When this returns they are on disk and nothing can take them away unseen. Where it raises, nothing was
        acknowledged: an entry may or may not be there afterwards, and where it is, it is signed for.

        Raises:
            EvidenceError: The register is not what was signed.
            LockedError: Others kept the register to themselves for too long.
            StoreError: It could not be written. Nothing may be done that was not written down.
        """
        with self._held():
            self._catch_up(self._signed_now())
            entries = self._chain.following(events, at=self._clock.now())
            if entries:
                self._write(entries)
            signed = self._checkpoint
        if entries and not self._away:
            try:
                self._stamp(signed)
            except RepriseError:  # The entry is what matters. The time-stamp comes later.
                self._away = True
        return entries

    def stamp_pending(self) -> int:
        """Time-stamp every checkpoint that has none, the newest first, and say how many were.

        Raises:
            RepriseError: The authority did not answer as it should. What was stamped before that stays so.
        """
        if self._ask is None:
            return 0
        pending = self.pending
        for size in reversed(pending):
            self._stamp(self.checkpoint_at(size))
        return len(pending)

    def refresh(self) -> None:
        """Read what others appended since.

        Raises:
            EvidenceError: The register is not what was signed.
        """
        with self._held():
            self._catch_up(self._signed_now())

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Nobody else writes, in this process or another, for as long as a block runs."""
        with self._threads, self.directory.held():
            if self._stale:
                self._chain, self._end = Chain(), 0
            # Until the block is over, what is in memory may be half of what is on disk: then all is read again.
            self._stale = True
            yield
            self._stale = False

    def _begin(self, empty: SignedCheckpoint) -> None:
        """The first checkpoint is signed before the first entry: entries without any checkpoint are never ours."""
        if self.directory.sizes() or self.directory.checkpoint.exists():
            return
        if self.directory.read(self.directory.log):
            message = f"{self.directory.log}: there are entries, and no checkpoint that speaks for them"
            raise EvidenceError(message, hint="bring the checkpoints back from where they were published or saved")
        self._keep(empty)

    def _newest(self) -> SignedCheckpoint:
        """The largest checkpoint that was ever signed here. The machine may have stopped before it was the newest."""
        sizes = self.directory.sizes()
        noted = self._read(self.directory.note(sizes[-1])) if sizes else self._checkpoint
        current = self._read(self.directory.checkpoint) if self.directory.checkpoint.exists() else noted
        if current.size == noted.size and current.checkpoint != noted.checkpoint:
            message = f"{self.directory.checkpoint}: two registers of {current.size} entries were signed with this key"
            raise EvidenceError(message, hint="`reprise register verify` says which one these entries are")
        return max(noted, current, key=lambda signed: signed.size)

    def _signed_now(self) -> SignedCheckpoint:
        """The newest checkpoint, once this object has seen the others."""
        current = self._read(self.directory.checkpoint)
        if current.size < self._checkpoint.size:
            went_back = f"it went back from {self._checkpoint.size} entries to {current.size}"
            hint = "somebody put an older register in its place"
            raise EvidenceError(f"{self.directory.checkpoint}: {went_back}", hint=hint)
        return current

    def _read(self, file: Path) -> SignedCheckpoint:
        try:
            return read_checkpoint(self.directory.read(file), keys=self._keys, origin=self._origin)
        except EvidenceError as error:
            raise EvidenceError(f"{file}: {error}", hint=error.hint) from error

    def _catch_up(self, signed: SignedCheckpoint) -> None:
        """Read what is new in the file, compare it with what was signed, and sign for what is not signed yet."""
        if self.directory.log_bytes() < self._end:  # Then it is not the file that is known.
            self._chain, self._end = Chain(), 0
        tail = self.directory.whole_tail(self._end)
        self._end += len(tail)
        self._chain.take(split_lines(tail))
        check_root(signed, chain=self._chain)
        self._chain.check(signed.size)
        self._checkpoint = signed
        if self._chain.size > signed.size:
            self._sign()
        elif self.directory.read(self.directory.checkpoint) != signed.content:
            self._keep(signed)

    def _write(self, entries: Sequence[RegisterEntry]) -> None:
        lines, start = [entry.line for entry in entries], self._end
        content = b"".join(line + b"\n" for line in lines)
        self.directory.append(content, end=self._end)
        self._end += len(content)
        self._chain.take(lines)
        try:
            self._sign()
        except StoreError:
            self._take_back(start)
            raise

    def _take_back(self, end: int) -> None:
        """A disk that took the entry may have no place for its checkpoint: then nothing was entered.

        Only as long as no checkpoint speaks for it.
        """
        if not self.directory.note(self._chain.size).exists():
            self.directory.cut(end)

    def _sign(self) -> None:
        size = self._chain.size
        head = Checkpoint(origin=self._origin, size=size, root=self._chain.tree.root())
        self._keep(sign_checkpoint(head, signer=self._signer))

    def _keep(self, signed: SignedCheckpoint) -> None:
        """Write a checkpoint: first where it stays for ever, then as the newest.

        Raises:
            EvidenceError: Another one was signed at this number of entries. A register is never signed twice.
        """
        note = self.directory.note(signed.size)
        known = self.directory.read(note)
        if known and self._read(note).checkpoint != signed.checkpoint:
            message = f"{note}: another register of {signed.size} entries was signed with this key"
            raise EvidenceError(message, hint="the register was put back to an earlier state: restore the newer one")
        if not known:
            write_durably(note, signed.content)
        write_durably(self.directory.checkpoint, known or signed.content)
        self._checkpoint = signed

    def _stamp(self, signed: SignedCheckpoint) -> None:
        if self._ask is not None and signed.size:
            write_durably(self.directory.token(signed.size), self._ask(signed.content))

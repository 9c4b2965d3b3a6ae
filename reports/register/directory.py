"""The directory of a register: the names of its files, and their bytes. Knows nothing of what they mean.

`register.jsonl` holds the entries, `checkpoint` the newest signed head, `checkpoints/` every one that was ever signed
(`.note`, never changed) with its time-stamp (`.tsr`), `revocation/` what the issuers of the authorities' certificates
said of them then, and `cosigned/` those that witnesses signed too.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.canonical import sha256
from orchestrator.durable import sync_directory, write_durably
from orchestrator.errors import EvidenceError, LockedError, StoreError
from orchestrator.locks import locked

ATTEMPTS = 6_000
"""How often the lock is asked for before it is given up, with 5 ms in between: some thirty seconds."""
_BETWEEN_SECONDS = 0.005
_NUMBERED = re.compile(r"(\d{12})\.(?P<kind>note|tsr)")


@dataclass(frozen=True, slots=True)
class RegisterDirectory:
    """The names of a register's files."""

    path: Path

    @property
    def log(self) -> Path:
        """One entry on each line."""
        return self.path / "register.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The newest signed checkpoint."""
        return self.path / "checkpoint"

    @property
    def checkpoints(self) -> Path:
        """Every checkpoint that was ever signed, by its number of entries."""
        return self.path / "checkpoints"

    @property
    def cosigned(self) -> Path:
        """Copies of checkpoints with the signatures of witnesses."""
        return self.path / "cosigned"

    @property
    def revocation(self) -> Path:
        """What was answered about the authorities' certificates (`.crl`, `.ocsp`), each file named by its digest."""
        return self.path / "revocation"

    def note(self, size: int) -> Path:
        """The checkpoint that was signed at this number of entries."""
        return self.checkpoints / f"{size:012}.note"

    def token(self, size: int) -> Path:
        """The time-stamp token (RFC 3161, DER) over that checkpoint's bytes."""
        return self.checkpoints / f"{size:012}.tsr"

    def cosigned_note(self, size: int) -> Path:
        """The checkpoint at this number of entries, with the signatures of witnesses."""
        return self.cosigned / f"{size:012}.note"

    def make(self) -> None:
        """Make the directories, durably.

        Raises:
            StoreError: They cannot be made.
        """
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            if not self.checkpoint.exists():
                sync_directory(self.path.parent)
        except OSError as error:
            hint = "make the directory writable; nothing has been entered"
            raise StoreError(f"{self.path}: {error.strerror}: no register can be kept there", hint=hint) from error

    def sizes(self) -> tuple[int, ...]:
        """The numbers of entries at which a checkpoint is kept, in order.

        Raises:
            EvidenceError: The directory cannot be read.
        """
        return _numbers(self.checkpoints)

    def cosigned_sizes(self) -> tuple[int, ...]:
        """The numbers of entries at which a cosigned checkpoint is kept, in order."""
        return _numbers(self.cosigned)

    def token_sizes(self) -> tuple[int, ...]:
        """The numbers of entries at which a time-stamp is kept, in order, whether or not a checkpoint is."""
        return _numbers(self.checkpoints, kind="tsr")

    def answers(self, kind: str) -> tuple[bytes, ...]:
        """What was answered, of one kind (`crl`, `ocsp`), in the order of its digests.

        Raises:
            EvidenceError: It cannot be read.
        """
        return tuple(self.read(file) for file in sorted(self.revocation.glob(f"*.{kind}")))

    def keep_answers(self, kind: str, answers: Iterable[bytes]) -> None:
        """Keep what was answered; what is there already stays as it is.

        Raises:
            StoreError: It cannot be written.
        """
        for answer in answers:
            file = self.revocation / f"{sha256(answer)}.{kind}"
            if not file.exists():
                _make(self.revocation)
                write_durably(file, answer)

    def read(self, file: Path) -> bytes:
        """The bytes of a file; none where it is not there.

        Raises:
            EvidenceError: It cannot be read.
        """
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise EvidenceError(f"{file}: it cannot be read: {error.strerror}") from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """The register's lock, waited for as long as others need it to append. The kernel takes it back from the dead.

        Raises:
            LockedError: Others kept it for too long.
            StoreError: It cannot be made.
        """
        with ExitStack() as stack:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    stack.enter_context(locked(["register"], directory=self.path, holder=f"process {os.getpid()}"))
                except LockedError:
                    if attempt == ATTEMPTS:
                        raise
                    time.sleep(_BETWEEN_SECONDS)
                else:
                    break
            yield

    def log_bytes(self) -> int:
        """How long the log is; 0 where there is none."""
        return self.log.stat().st_size if self.log.exists() else 0

    def whole_tail(self, start: int) -> bytes:
        """The whole lines of the log from a position on. A torn last line is cut off: nothing is written behind it.

        Raises:
            StoreError: The log cannot be read or cut.
        """
        try:
            file = os.open(self.log, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            with os.fdopen(file, "rb+") as log:
                log.seek(start)
                tail = log.read()
                whole = whole_lines(tail)
                if whole != tail:
                    os.ftruncate(file, start + len(whole))
                    os.fsync(file)
        except OSError as error:
            raise self._unwritable(error) from error
        return whole

    def append(self, content: bytes, *, end: int) -> None:
        """Put whole lines behind the last one, in one write, on disk when this returns.

        Args:
            content: The lines.
            end: Where the log ends now: what is written of lines that do not fit is taken back.

        Raises:
            StoreError: It is not written.
        """
        try:
            with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC), "wb", buffering=0) as log:
                if log.write(content) != len(content):
                    raise OSError(28, "No space left on device")
                os.fsync(log.fileno())
        except OSError as error:
            self.cut(end)
            raise self._unwritable(error) from error

    def cut(self, end: int) -> None:
        """Take back what is behind a position, where that is possible: otherwise the next one to open it decides."""
        with suppress(OSError):
            os.truncate(self.log, end)

    def _unwritable(self, error: OSError) -> StoreError:
        hint = "free some space or make the directory writable; nothing was entered"
        return StoreError(f"{self.log}: {error.strerror}: the register cannot be written", hint=hint)


def whole_lines(content: bytes) -> bytes:
    """A file of lines without a torn last one, which was never acknowledged to anybody."""
    return content[: content.rfind(b"\n") + 1]


def split_lines(content: bytes) -> list[bytes]:
    """The lines of whole ones, without their line feeds."""
    return content.split(b"\n")[:-1]


def _make(directory: Path) -> None:
    try:
        directory.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(f"{directory}: {error.strerror}: it cannot be made") from error


def _numbers(directory: Path, *, kind: str = "note") -> tuple[int, ...]:
    try:
        names = [path.name for path in directory.iterdir()] if directory.is_dir() else []
    except OSError as error:
        raise EvidenceError(f"{directory}: it cannot be read: {error.strerror}") from error
    found = (match for name in names if (match := _NUMBERED.fullmatch(name)))
    return tuple(sorted(int(match[1]) for match in found if match["kind"] == kind))

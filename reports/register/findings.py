"""What a verification of a register finds: typed, each with the entry, line or file that it is about. Values only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.core.model import Language
from reports.register.checkpoint import Cosignature
from reports.verification import Status
from reports.words import load_words


class FaultCode(StrEnum):
    """What can be found. Each has its words in both languages."""

    UNREADABLE = "unreadable"
    ENTRY_MALFORMED = "entry-malformed"
    ENTRY_ALTERED = "entry-altered"
    ENTRY_REMOVED = "entry-removed"
    ENTRY_INSERTED = "entry-inserted"
    ENTRY_MOVED = "entry-moved"
    TAIL_CUT = "tail-cut"
    FORKED = "forked"
    CHECKPOINT_MISSING = "checkpoint-missing"
    CHECKPOINT_MALFORMED = "checkpoint-malformed"
    CHECKPOINT_FOREIGN = "checkpoint-foreign"
    CHECKPOINT_FORGED = "checkpoint-forged"
    RUN_REPEATED = "run-repeated"
    RUN_UNSTARTED = "run-unstarted"
    RUN_UNENDED = "run-unended"
    RETRY_UNFOUNDED = "retry-unfounded"
    REMOVAL_UNFOUNDED = "removal-unfounded"
    RUN_OPEN = "run-open"
    RUN_UNSEALED = "run-unsealed"
    CLOCK_WENT_BACK = "clock-went-back"
    CHECKPOINT_OUTDATED = "checkpoint-outdated"
    UNSIGNED_TAIL = "unsigned-tail"
    TORN_LINE = "torn-line"
    TIME_STAMP_INVALID = "time-stamp-invalid"
    TIME_STAMP_PENDING = "time-stamp-pending"
    TIME_STAMP_UNASKED = "time-stamp-unasked"
    TIME_DISAGREES = "time-disagrees"


NOTED = {
    FaultCode.RUN_OPEN,
    FaultCode.RUN_UNSEALED,
    FaultCode.CLOCK_WENT_BACK,
    FaultCode.CHECKPOINT_OUTDATED,
    FaultCode.UNSIGNED_TAIL,
    FaultCode.TORN_LINE,
    FaultCode.TIME_STAMP_PENDING,
    FaultCode.TIME_STAMP_UNASKED,
    FaultCode.TIME_DISAGREES,
}
"""What a sound register may hold, and what somebody must explain: a drill that runs, a machine that stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, or that must be explained."""

    code: FaultCode
    subject: str
    """What it is about, in words: an entry, a run, a file."""
    detail: str
    seq: int | None = None
    """The number of the entry, where it is about one."""
    line: int | None = None
    """The line of `register.jsonl`, from 1, where it is about one."""

    @property
    def status(self) -> Status:
        """Whether it makes the register invalid."""
        return Status.NOTED if self.code in NOTED else Status.FAILED

    def within(self, language: Language) -> str:
        """What was found, in words."""
        return load_words(language)(f"register-fault.{self.code}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A time-stamp that holds: the first `size` entries were there at that instant, says that authority."""

    size: int
    at: datetime
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Everything that a verification of a register found."""

    origin: str | None
    """The register's name; None where nothing was signed by a key that is trusted."""
    entries: int
    """Lines in the file."""
    signed: int
    """How many entries the newest trusted checkpoint of the directory speaks for."""
    checkpoints: int
    """How many of its checkpoints a trusted key signed."""
    stamped: int
    """How many of those have a time-stamp beside them."""
    dated: tuple[Dated, ...]
    """The time-stamps that hold, by authorities that the verifier named."""
    compared: int
    """How many checkpoints that were kept elsewhere were compared with it."""
    cosigned: tuple[tuple[int, Cosignature], ...]
    """At which numbers of entries which witness cosigned."""
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether a trusted key speaks for the register, and nothing failed."""
        return self.origin is not None and self.checkpoints > 0 and not self.failures

    @property
    def failures(self) -> tuple[Finding, ...]:
        """What makes it invalid."""
        return tuple(finding for finding in self.findings if finding.status is Status.FAILED)

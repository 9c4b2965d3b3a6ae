"""The words that every other part shares: phases, outcomes, verdicts, intervals. Nothing beyond their own rules."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in lower-case hexadecimal."""

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
"""A name in kebab-case: drills, steps, watches."""

Microseconds = Annotated[int, Field(ge=0, lt=2**53)]
"""A duration or a monotonic reading. Below 2^53, so that every JSON reader keeps it exact (RFC 8785)."""

Scalar = bool | int | str
"""What a probe may say and what evidence may hold: a count, a short word, a digest. No float, no free output."""


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0):
        raise ValueError("must be in UTC")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A wall-clock instant, in UTC. Used as a fact; durations come from monotonic readings."""


class Record(BaseModel):
    """A frozen value that crosses the border of the process (file, network, plugin option)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Phase(StrEnum):
    """The phases of a drill, in the order in which they happen. Cleanup always happens."""

    PREPARE = "prepare"
    DISRUPT = "disrupt"
    RECOVER = "recover"
    VERIFY = "verify"
    CLEANUP = "cleanup"


class Outcome(StrEnum):
    """How one step ended. `UNKNOWN` is neither a success nor a failure: the proof is missing."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """What a failed check means for the verdict: no pass, or a pass with a gap."""

    BLOCKING = "blocking"
    MINOR = "minor"


class Verdict(StrEnum):
    """What the whole run proved (fr: conforme, conforme avec écarts, non conforme, non concluant, interrompu)."""

    PASSED = "passed"
    PASSED_WITH_GAPS = "passed-with-gaps"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ABORTED = "aborted"


class Language(StrEnum):
    """The languages of reports."""

    FRENCH = "fr"
    ENGLISH = "en"


class Title(Record):
    """A text in both languages of the reports."""

    fr: str
    en: str

    def within(self, language: Language) -> str:
        """The text in the language asked for."""
        return self.fr if language is Language.FRENCH else self.en


class Interval(Record):
    """A measured value between two bounds that it surely lies within.

    Microseconds for durations and instants, whole numbers for counts. `upper` is None where nothing bounds the
    value: then nobody may conclude anything from it but `lower`.
    """

    lower: int
    upper: int | None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.upper is not None and self.upper < self.lower:
            raise ValueError(f"upper bound {self.upper} is below lower bound {self.lower}")
        return self

    def __sub__(self, earlier: Self) -> "Interval":
        """The time from `earlier` to this instant, never below zero, with both uncertainties added."""
        lower = 0 if earlier.upper is None else max(0, self.lower - earlier.upper)
        upper = None if self.upper is None else max(0, self.upper - earlier.lower)
        return Interval(lower=lower, upper=upper)

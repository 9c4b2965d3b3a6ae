"""On which occasions somebody is told something, and the message that tells it. Values only; words are `reports`'."""

from enum import StrEnum
from typing import Literal

from orchestrator.core.model import Identifier, Interval, Moment, Record


class OccasionName(StrEnum):
    """What a project may want to be told of. The names are stable: they are written in `reprise.yml`."""

    STARTED = "started"
    WAITING = "waiting"
    """A step waits for a person."""
    PASSED = "passed"
    PASSED_WITH_GAPS = "passed-with-gaps"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ABORTED = "aborted"
    REFUSED = "refused"
    """The guard did not allow the drill: nothing was touched."""
    CLEANUP_FAILED = "cleanup-failed"
    """Said beside the verdict: the targets are not established as clean."""
    UNSEALED = "unsealed"
    """A run ended, and its evidence could not be signed."""
    OVERDUE = "overdue"
    MISSED = "missed"
    SCHEDULER_STARTED = "scheduler-started"
    SCHEDULER_STOPPED = "scheduler-stopped"
    TEST = "test"
    """Somebody asked for it (`reprise notify --test`); cannot be chosen, and goes to everybody."""


QUIET = frozenset(
    {
        OccasionName.STARTED,
        OccasionName.PASSED,
        OccasionName.SCHEDULER_STARTED,
        OccasionName.SCHEDULER_STOPPED,
        OccasionName.TEST,
    }
)
"""What need not be told any more where it could not be told at once."""


class ToldFigure(Record):
    """A duration against its objective, in microseconds, between its bounds."""

    quantity: Literal["rto", "rpo"]
    value: Interval | None
    """None: it was not measured."""
    objective: int | None
    met: bool | None


class Message(Record):
    """What somebody is told, in one language. It holds nothing that evidence must not hold: it was scanned."""

    format: Literal["reprise/notification/v1"] = "reprise/notification/v1"
    id: str
    """The same however often it is sent: a receiver that saw it drops it."""
    sent_at: Moment
    expires_at: Moment
    """From then on it is not worth sending again."""
    project: str
    occasions: tuple[OccasionName, ...]
    """The gravest first."""
    drill: Identifier | None = None
    system: Identifier | None = None
    run_id: str | None = None
    figures: tuple[ToldFigure, ...] = ()
    subject: str
    text: str

    @property
    def important(self) -> bool:
        """Whether it is sent again later where it did not arrive."""
        return not QUIET.issuperset(self.occasions)
